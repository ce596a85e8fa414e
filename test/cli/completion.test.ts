/** The completion of bash, asked by bash itself. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { vigia } from '../support/command-line.ts';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const cases: Readonly<Record<string, string>> = {
  'vigia st': 'status stop',
  'vigia status --st': '--state',
  'vigia status --state f': 'failed',
  'vigia status --state failed r': 'restoring retrying',
  'vigia status --state = conn': 'connected',
  'vigia keys re': 'revoke',
  'vigia keys create --scope sessions : rea': 'read',
  'vigia keys create --scope admin sessions:read al': 'alerts:read alerts:write',
  'vigia --url http : //127.0.0.1:3000 comp': 'completion',
  'vigia --key-file packag': 'package-lock.json package.json',
  'vigia doctor sr': 'src',
  'vigia link --method q': 'qr',
  'vigia alerts --status res': 'resolved',
  'vigia completion z': 'zsh',
  'vigia nothing-like-it': '',
};

it('bash completes commands, options, their values and files', () => {
  const ask = Object.keys(cases).map(
    (line) =>
      `COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMPREPLY=(); ` +
      `_vigia; echo "\${COMPREPLY[*]}"`,
  );
  const load = `source <('${process.execPath}' '${main}' completion bash)`;
  const script = [load, 'complete -p vigia', ...ask].join('\n');
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  expect(stderr).toBe('');
  const [registered, ...answers] = stdout.split('\n');
  expect(registered).toBe('complete -F _vigia vigia');
  expect(Object.fromEntries(Object.keys(cases).map((line, n) => [line, answers[n]]))).toEqual(cases);
});
it('zsh and fish get the same commands, and another shell is refused with the names that exist', async () => {
  for (const shell of ['zsh', 'fish']) {
    const { code, stdout } = await vigia(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['status', 'healthcheck', 'silence', 'key-file', 'sessions:read', 'retrying'])
      expect(stdout).toContain(word);
  }
  expect(await vigia(['completion', 'tcsh'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Allowed choices are bash, zsh, fish') as string,
  });
});
