/** Runs the examples for backends with python3, where it is installed. */
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';

const examples = join(import.meta.dirname, '../../docs/examples/django');

const oldest = [3, 9] as const;
/** Undefined when the examples can be run; otherwise the reason why not. */
export const whyNoPython = (): string | undefined => {
  try {
    const said = execFileSync('python3', ['-c', 'import sqlite3, sys; print(*sys.version_info[:2])'], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    const [major = 0, minor = 0] = said.trim().split(' ').map(Number);
    return major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
      ? undefined
      : `python3 is ${major}.${minor}, the examples need 3.9`;
  } catch {
    return 'there is no python3 with sqlite3 here';
  }
};

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
const deadlineMs = 60_000;

/** Runs python3 in the directory of the examples; `input` is its stdin. */
export const python = (
  args: readonly string[],
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {},
) =>
  new Promise<Ran>((resolve, reject) => {
    const path = process.env['PATH'] ?? '';
    const options = {
      cwd: examples,
      env: { PATH: path, PYTHONDONTWRITEBYTECODE: '1', ...env },
      timeout: deadlineMs,
    };
    const child = execFile('python3', args, options, (error, out, err) => {
      const code = error ? error.code : 0;
      if (typeof code === 'number') resolve({ code, out, err });
      else reject(error ?? new Error('python3 did not end'));
    });
    child.stdin?.on('error', () => undefined); // it may end without reading
    child.stdin?.end(input);
  });
