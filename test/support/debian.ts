/** Programs of Debian's packages that some tests need. Root installs them; elsewhere the test is skipped. */
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Two tests may install at once, and apt refuses the second. */
const lock = join(tmpdir(), 'vigia-apt.lock');
const apt = (...args: readonly string[]) =>
  execFileSync('flock', [lock, 'apt-get', '-q', ...args], { stdio: 'ignore', timeout: 200_000 });

export const runs = (program: string, args: readonly string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: 'ignore', timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
};

/** Undefined when it is here, perhaps since now; otherwise the reason why not. */
export const whyMissing = (isHere: () => boolean, name: string): string | undefined => {
  if (isHere()) return undefined;
  if (process.getuid?.() !== 0) return `${name} is not installed: apt-get install ${name}`;
  try {
    apt('update');
    apt('install', '-y', '--no-install-recommends', name);
  } catch {
    return `${name} is not installed, and apt-get cannot install it`;
  }
  return isHere() ? undefined : `${name} was installed, and does not run`;
};
