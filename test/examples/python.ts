/** Runs the examples for backends with Python and Django, where they are installed. */
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { runs, whyMissing } from '../support/debian.ts';

export const djangoProject = join(import.meta.dirname, '../../docs/examples/django');
const client = join(djangoProject, 'whatsapp');

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
/** Debian's packages of Python are for its own interpreter, which is not always the first in PATH. */
const withDjango = () =>
  ['python3', '/usr/bin/python3'].find((program) => runs(program, ['-c', 'import django']));
export const djangoPython = (): string => withDjango() ?? 'python3';
/** Undefined when Django is here, perhaps since now; otherwise the reason why not. */
export const whyNoDjango = (): string | undefined =>
  whyMissing(() => withDjango() !== undefined, 'python3-django');

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
interface Options {
  readonly program?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Its stdin. */
  readonly input?: string;
}
const deadlineMs = 60_000;

/** Runs Python, by default in the folder of the Django app: `import vigia` works there. */
export const python = (
  args: readonly string[],
  { program = 'python3', cwd = client, env = {}, input = '' }: Options = {},
) =>
  new Promise<Ran>((resolve, reject) => {
    const path = process.env['PATH'] ?? '';
    const options = { cwd, env: { PATH: path, PYTHONDONTWRITEBYTECODE: '1', ...env }, timeout: deadlineMs };
    const child = execFile(program, args, options, (error, out, err) => {
      const code = error ? error.code : 0;
      if (typeof code === 'number') resolve({ code, out, err });
      else reject(error ?? new Error('python3 did not end'));
    });
    child.stdin?.on('error', () => undefined); // it may end without reading
    child.stdin?.end(input);
  });
