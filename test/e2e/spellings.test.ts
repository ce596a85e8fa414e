/** Credentials and keys that other programs wrote in another spelling: the program connects with them. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hurriedPolicy, ProgramHarness } from '../support/program.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

type Spell = (data: Buffer) => unknown;
const rewritten = (text: string, spell: Spell): string =>
  JSON.stringify(
    JSON.parse(text, (_, value) =>
      value?.type === 'Buffer' ? spell(Buffer.from(value.data, 'base64')) : value,
    ),
  );
const spellings: Readonly<Record<string, (text: string) => string | Buffer>> = {
  list: (text) => rewritten(text, (data) => data.toJSON()),
  object: (text) => rewritten(text, (data) => Object.fromEntries(data.entries())),
  base64: (text) => rewritten(text, (data) => data.toString('base64')),
  windows: (text) => Buffer.from(`\uFEFF${text.replaceAll(',"', ',\r\n"')}\r\n`, 'utf16le'),
};

it('A device whose files are spelled otherwise logs in with its own identity', {
  timeout: 90_000,
}, async () => {
  const whatsapp = new FakeWhatsApp();
  const harness = await ProgramHarness.at(await whatsapp.listen(), hurriedPolicy);
  try {
    for (const [index, [org, spell]] of Object.entries(spellings).entries()) {
      await seedCredentials(harness.org(org), { phone: fictionalPhone(index + 1), device: 1, name: org });
      for (const name of (await readdir(harness.org(org))).filter((one) => one.endsWith('.json'))) {
        const file = join(harness.org(org), name);
        await writeFile(file, spell(await readFile(file, 'utf8')));
      }
    }
    const program = harness.start();
    const client = await harness.client(program);
    for (const org of Object.keys(spellings)) await client.reaches(org, 'connected');
    expect(program.logged('key.unreadable')).toEqual([]);
    expect(whatsapp.stats()).toMatchObject({ loggedIn: 4, deadLogins: 0, doubleLogins: 0 });
  } finally {
    await harness.close();
    await whatsapp.close();
  }
});
