/** `vigia serve`: the supervisor itself, as `npm start` runs it. */
import type { Register } from '../command.ts';

export const serve: Register = (program, run) => {
  program
    .command('serve')
    .description('Runs the supervisor, in the foreground, until Ctrl-C or SIGTERM. It is configured by environment variables.')
    .action(
      run(async () => {
        // Only here: the client library takes longer to load than any other command takes to run.
        const { runServer } = await import('../../app/process.ts');
        return runServer();
      }),
    );
};
