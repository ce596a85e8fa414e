/** The command line in the process of the test, which is quicker than a process of its own. */
import { PassThrough } from 'node:stream';
import { runCommandLine } from '../../src/cli/program.ts';

const collected = () => {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (bytes: Buffer) => void chunks.push(bytes));
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
};

/** `columns`: stdout is a terminal of this width. */
export const inProcess = async (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  columns?: number,
) => {
  const [stdout, stderr] = [collected(), collected()];
  const terminal = columns === undefined ? {} : { isTTY: true, columns, rows: 24 };
  const code = await runCommandLine(args, {
    stdin: new PassThrough(),
    stdout: Object.assign(stdout.stream, terminal),
    stderr: stderr.stream,
    env,
  });
  const objects = () =>
    stdout
      .text()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, stdout: stdout.text(), stderr: stderr.text(), objects };
};
