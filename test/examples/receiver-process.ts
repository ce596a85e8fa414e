/** An example that listens: its address, and the lines that it printed. It ends with the test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { until } from '../support/until.ts';

interface Listening {
  readonly url: string;
  readonly lines: readonly string[];
  close(): Promise<void>;
}
export const startListening = async (
  [command = '', ...args]: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Listening> => {
  const options = { cwd, env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: 'pipe' } as const;
  const child = spawn(command, args, options);
  child.stdin.end();
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  const ended = once(child, 'exit');
  const url = await until(`${command} to listen`, () => {
    if (child.exitCode !== null) throw new Error(`${command} ended:\n${lines.join('\n')}`);
    return lines.map((line) => /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(line)?.[0]).find(Boolean);
  });
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { url, lines, close };
};
