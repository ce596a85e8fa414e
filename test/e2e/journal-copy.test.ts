/** After `kill -9`, an operator puts newer files of another copy of the same device into the directory. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BufferJSON, Curve } from '@whiskeysockets/baileys';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

let whatsapp: FakeWhatsApp;
let harness: ProgramHarness;
beforeEach(async () => {
  whatsapp = new FakeWhatsApp({ preKeyCount: 0 });
  harness = await ProgramHarness.at(await whatsapp.listen());
});
afterEach(async () => {
  await harness.close();
  await whatsapp.close();
});

const twelve = Array.from({ length: 12 }, (_, n) => `pre-key-${n + 1}.json`);
const journal = async (): Promise<string> => {
  const directory = join(harness.root, '.vigia/journal');
  const names = await readdir(directory);
  return (await Promise.all(names.map((name) => readFile(join(directory, name), 'latin1')))).join('');
};

it('twelve of twelve newer key files stay, and the keys that were left out are kept', async () => {
  await seedCredentials(harness.org('acme'), { phone: fictionalPhone(1), device: 1, name: 'Acme' });
  const program = harness.start();
  await (await harness.client(program)).reaches('acme', 'connected');
  await until('the uploaded keys in the journal', async () => {
    const written = await journal();
    return twelve.every((name) => written.includes(`"${name}"`));
  });
  await program.kill();

  const newer = twelve.map(() => JSON.stringify(Curve.generateKeyPair(), BufferJSON.replacer));
  for (const [n, name] of twelve.entries()) await writeFile(join(harness.org('acme'), name), newer[n]!);
  const again = harness.start();
  await (await harness.client(again)).reaches('acme', 'connected');
  const found = await Promise.all(twelve.map((name) => readFile(join(harness.org('acme'), name), 'utf8')));
  expect(found).toEqual(newer);
  const [line] = again.logged('journal.files_newer', 'acme');
  expect(line).toMatchObject({ changes: 12 });
  const evidence = await readFile(String(line?.['evidence']), 'utf8');
  expect(twelve.filter((name) => evidence.includes(`"${name}"`))).toEqual(twelve);
  expect(await again.stop()).toBe(0);
});
