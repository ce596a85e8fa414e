/** `vigia serve`: the supervisor itself, as `npm start` runs it. */
import type { Register } from '../command.ts';

export const serve: Register = (program, run) => {
  program
    .command('serve')
    .description(
      'Runs the supervisor, in the foreground, until Ctrl-C or SIGTERM. Environment variables configure it.',
    )
    .action(
      run(async () => {
        // Imported here: loading the client library takes longer than any other command takes to run.
        const { startServer } = await import('../../app/start.ts');
        return startServer();
      }),
    );
};
