/** npm in a test: it prefers its cache, and runs no script of another package. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TestContext } from 'vitest';

const run = promisify(execFile);
const settings = {
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  npm_config_prefer_offline: 'true',
  npm_config_ignore_scripts: 'true',
};
const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED/;

/** Resolves with its output. Skips the test where the registry is needed and cannot be reached. */
export const npm = async (context: TestContext, cwd: string, args: readonly string[]): Promise<string> => {
  try {
    return (await run('npm', args, { cwd, env: { ...process.env, ...settings } })).stdout;
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    if (unreachable.test(stderr)) return context.skip('no registry of npm can be reached');
    throw new Error(`npm ${args.join(' ')}: ${stderr}`, { cause: error });
  }
};
