/** A wrong command leads to the right one. */
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { meantBy, sentences } from '../../src/cli/slips.ts';
import { inProcess } from '../support/in-process.ts';

const stream = () => new PassThrough();
const program = buildProgram(
  { stdin: stream(), stdout: stream(), stderr: stream(), env: {} },
  () => undefined,
);
const namesOf = (command: Command) => command.commands.map((one) => one.name());
const run = (...args: string[]) => inProcess(args);

it.each([
  ['list', 'vigia status'],
  ['ls', 'vigia status'],
  ['sessions', 'vigia status'],
  ['logs', 'vigia history ORG'],
  ['start', 'vigia restore ORG'],
  ['restart', 'vigia retry ORG'],
  ['stop-all', 'vigia stop --all'],
  ['stopall', 'vigia stop --all'],
  ['STOP_ALL', 'vigia stop --all'],
  ['qr', 'vigia pair ORG'],
  ['login', 'vigia open'],
  ['remove', 'vigia logout ORG'],
  ['links', 'vigia link list'],
  ['version', 'vigia --version'],
  ['stauts', 'Did you mean status?'],
  ['explian', 'Did you mean explain?'],
  ['webhook', 'Did you mean webhooks?'],
  ['--url http://127.0.0.1:1 list', 'vigia status'],
])('%s', async (line, meant) => {
  const { code, stderr } = await run(...line.split(' '));
  expect(code).toBe(2);
  expect(stderr).toContain(meant);
  expect(stderr).toMatch(/^vigia: unknown command '/);
  const json = await run(...line.split(' '), '--json');
  expect(JSON.parse(json.stderr)).toMatchObject({
    error: { code: 'usage', message: expect.stringContaining(meant) as string },
  });
});
it('every sentence names only commands that exist', () => {
  expect(sentences.length).toBeGreaterThan(10);
  for (const text of sentences) {
    const named = [...text.matchAll(/"vigia ([a-z-]+)(?: ([a-z]+))?/g)];
    expect(named.length, text).toBeGreaterThan(0);
    for (const [, name = '', below] of named) {
      if (name === '--version') continue;
      const command = program.commands.find((one) => one.name() === name);
      expect(command, text).toBeDefined();
      if (below !== undefined && command) expect(namesOf(command), text).toContain(below);
    }
  }
});
it('no sentence hides a command that exists', () => {
  for (const name of namesOf(program)) expect(meantBy(name), name).toBeUndefined();
});
it('a wrong command of a group is refused with the names that exist', async () => {
  for (const [name, has] of [
    ['keys', 'create, list, revoke'],
    ['alerts', 'list, silence, unsilence'],
    ['webhooks', 'list, redeliver, test'],
  ] as const) {
    const { code, stderr } = await run(name, 'frobnicate');
    expect(code).toBe(2);
    expect(stderr).toContain(`unknown command 'frobnicate' of "vigia ${name}". It has: ${has}.`);
  }
});
it('a wrong state is refused with the states that exist', async () => {
  for (const state of ['fialed', 'failed,', '', 'failed,nope', 'stopped']) {
    const { code, stderr } = await run('status', '--state', state);
    expect(code).toBe(2);
    expect(stderr).toMatch(/There is no state ".*"\. The states are connected, restoring, pairing, retrying/);
  }
});

it('an organization behind status leads to the commands for one session', async () => {
  const { code, stderr } = await run('status', 'acme');
  expect([code, stderr]).toEqual([2, expect.stringMatching(/takes no organization.*vigia explain ORG/)]);
});
