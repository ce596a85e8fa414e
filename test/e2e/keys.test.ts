/** Keys of a program that runs, changed beside it: no restart, and nobody else is disturbed. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openKeyAdmin } from '../../src/offline/keys.ts';
import { Client } from '../support/client.ts';
import { type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const whatsapp = new FakeWhatsApp();
let harness: ProgramHarness;
let program: Program;
beforeAll(async () => {
  harness = await ProgramHarness.at(await whatsapp.listen());
  program = harness.start({ API_KEY: '' });
  await program.url();
});
afterAll(async () => {
  await harness.close();
  await whatsapp.close();
});
const file = () => join(harness.root, '.vigia/keys.json');
const made = async () => {
  const answer = await openKeyAdmin(harness.root).create({ name: 'panel', scopes: ['admin'], orgs: '*' });
  if (!answer.ok) throw new Error(answer.message);
  return answer;
};
const enter = async (key: string) =>
  until(
    'the new key to open',
    async () => Client.connect(await program.url(), key).catch(() => undefined),
    5_000,
  );

it('one that is made opens, one that is revoked is thrown out, and the first key stays through both', async () => {
  const first = await Client.connect(
    await program.url(),
    (await readFile(join(harness.root, '.vigia/first-key'), 'utf8')).trim(),
  );
  const { keyId, key } = await made();
  const client = await enter(key);
  await openKeyAdmin(harness.root).revoke(keyId);
  expect(await until('the revoked key to be thrown out', () => client.closeCode, 5_000)).toBe(4401);
  expect(await first.sessions()).toEqual([]);
  first.close();
});

it('a file that is damaged is told once and revokes nobody; put right, it counts again', async () => {
  const good = await readFile(file());
  const client = await enter((await made()).key);
  const latest = await readFile(file());
  await writeFile(file(), '{"version":1,');
  await program.untilLogged('keys.unreadable');
  expect(await client.sessions()).toEqual([]);
  await writeFile(file(), latest);
  await until('the keys to be read again', () => program.logged('keys.reloaded').length >= 4);
  expect(await client.sessions()).toEqual([]);
  await writeFile(file(), good);
  expect(await until('the key to be gone', () => client.closeCode, 5_000)).toBe(4401);
  expect(program.logged('keys.unreadable').length).toBe(1);
});
