/** Directories that come, go, change hands and are copied while the program runs. */
import { chmod, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { hurriedPolicy, type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

let whatsapp: FakeWhatsApp;
let harness: ProgramHarness;
beforeEach(async () => {
  whatsapp = new FakeWhatsApp();
  harness = await ProgramHarness.at(await whatsapp.listen(), { ...hurriedPolicy, freezeMs: 6_000 });
});
afterEach(async () => {
  await harness.close();
  await whatsapp.close();
  expect(whatsapp.stats()).toMatchObject({
    doubleLogins: 0,
    deadLogins: 0,
    unreadable: 0,
    registrations: 0,
    logouts: 0,
  });
});
const seed = (path: string, n: number) =>
  seedCredentials(path, { phone: fictionalPhone(n), device: 1, name: `Org ${n}` });
const elsewhere = (name: string) => join(harness.root, '..', name);
const device = (n: number) => whatsapp.devices(fictionalPhone(n))[0];
const noiseKeyIn = async (directory: string) =>
  (JSON.parse(await readFile(join(directory, 'creds.json'), 'utf8')) as { noiseKey: unknown }).noiseKey;
const begin = async (
  orgs: readonly number[],
  env: Record<string, string> = {},
): Promise<{ program: Program; client: Client }> => {
  for (const n of orgs) await seed(harness.org(String(n)), n);
  const program = harness.start(env);
  const client = await harness.client(program);
  for (const n of orgs) await client.reaches(String(n), 'connected');
  return { program, client };
};

describe('one directory', () => {
  it('that is taken away ends its session and nobody else’s; put back, it is taken up again', async () => {
    const { program, client } = await begin([1, 2]);
    await rename(harness.org('1'), elsewhere('kept'));
    await client.event('the removal to be told', (e) => e.type === 'session.removed' && e.orgId === '1');
    await until('the socket to be closed', () => device(1)?.online === false);
    expect(await client.get('1')).toBeUndefined();
    expect(program.logged('session.failed')).toEqual([]);
    await rename(elsewhere('kept'), harness.org('1'));
    await client.reaches('1', 'connected');
    expect(device(2)?.logins).toHaveLength(1);
  });

  it('whose identity is exchanged under a live session: the old one is let go, the new one taken up, no byte of either is mixed', async () => {
    whatsapp.options.chatty = true; // the client has something to write
    const { client } = await begin([1, 2]);
    await seed(elsewhere('other'), 9);
    const [old, other] = [await noiseKeyIn(harness.org('1')), await noiseKeyIn(elsewhere('other'))];
    await rename(harness.org('1'), elsewhere('kept'));
    await rename(elsewhere('other'), harness.org('1'));
    await until('the other one to be logged in', () => device(9)?.online === true);
    const session = await until('it to be connected as the other', async () => {
      const now = await client.get('1');
      return now?.state === 'connected' && now.account?.id.startsWith(fictionalPhone(9)) && now;
    });
    expect(session.lastError).toBeNull();
    expect(device(1)?.online).toBe(false);
    expect(await noiseKeyIn(harness.org('1'))).toEqual(other);
    expect(await noiseKeyIn(elsewhere('kept'))).toEqual(old);
    expect(device(2)?.logins).toHaveLength(1);
  });

  it('that is a copy of another gets no socket, says whose it is, and takes over when the other goes', async () => {
    const { client } = await begin([2]);
    await harness.copy('2', '4');
    const copy = await client.reaches('4', 'failed(conflict)');
    expect(copy).toMatchObject({ duplicateOf: '2' });
    await expect(client.call('session.retry', { orgId: '4' })).rejects.toThrow(
      /its credentials are those of "2".*Remove one of the two/,
    );
    expect(device(2)?.logins).toHaveLength(1);
    expect(await client.get('2')).toMatchObject({ state: 'connected' });
    await rename(harness.org('2'), elsewhere('gone'));
    await client.reaches('4', 'connected');
    expect(device(2)?.logins).toHaveLength(2);
  });

  it('that others can read is used, and warned of', async () => {
    await seed(harness.org('1'), 1);
    await seed(harness.org('2'), 2);
    await chmod(harness.org('1'), 0o755);
    await chmod(join(harness.org('1'), 'creds.json'), 0o644);
    const program = harness.start();
    const client = await harness.client(program);
    await client.reaches('1', 'connected');
    const [line] = program.logged('directory.exposed');
    expect(line).toMatchObject({ count: 1, examples: ['1'] });
  });

  it('that is no organization’s is passed over, and named', async () => {
    for (const name of ['not an id', '.hidden', 'lost+found']) await seed(harness.org(name), 8);
    await mkdir(harness.org('empty'));
    const { program, client } = await begin([1]);
    expect((await client.sessions()).map(({ orgId }) => orgId)).toEqual(['1']);
    expect(program.logged('directory.name_invalid')[0]).toMatchObject({ examples: ['not an id'] });
    expect(device(8)).toBeUndefined();
  });
});

describe('all of them at once', () => {
  const many = Array.from({ length: 12 }, (_, index) => index + 1);
  const frozen = 'fleet.frozen';
  const loginsOfAll = () => many.map((n) => device(n)?.logins.length);
  const once = many.map(() => 1);

  it('gone with the root for a moment: frozen, nobody is stopped, and it goes on when they are back', async () => {
    const { program, client } = await begin(many, { SCAN_INTERVAL_MS: '300' });
    await rename(harness.root, elsewhere('away'));
    expect(await program.untilLogged(frozen)).toMatchObject({ cause: 'root_missing' });
    await seed(elsewhere('away/13'), 13);
    for (const { state } of await client.sessions()) expect(state).toBe('connected');
    await rename(elsewhere('away'), harness.root);
    await program.untilLogged('fleet.thawed');
    await client.reaches('13', 'connected'); // and it is looking again
    expect(loginsOfAll()).toEqual(once);
    expect(client.events.filter((e) => e.type === 'session.removed')).toEqual([]);
  });

  it('emptied, but with the root still there: frozen just the same; believed when it lasts', async () => {
    const { program, client } = await begin(many, { SCAN_INTERVAL_MS: '300' });
    await mkdir(elsewhere('away'));
    const move = async (from: string, to: string) => {
      for (const n of many) await rename(join(from, String(n)), join(to, String(n)));
    };
    await move(harness.root, elsewhere('away'));
    expect(await program.untilLogged(frozen)).toMatchObject({ cause: 'mass_disappearance' });
    for (const { state } of await client.sessions()) expect(state).toBe('connected');
    await move(elsewhere('away'), harness.root);
    await program.untilLogged('fleet.thawed');
    expect(loginsOfAll()).toEqual(once);
    await move(harness.root, elsewhere('away'));
    await until('them to be let go', async () => (await client.sessions()).length === 0);
    await until('their sockets to be closed', () => whatsapp.stats().openConnections === 0);
  });

  it('gone with the root for longer: it ends with code 1, creates nothing in its place, and logs nobody out', async () => {
    const { program } = await begin(many.slice(0, 3));
    await rename(harness.root, elsewhere('away'));
    expect(await program.ends()).toBe(1);
    expect(program.logged('root.lost')).toHaveLength(1);
    await expect(readFile(join(harness.root, '.vigia/lock'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(whatsapp.stats().openConnections).toBe(0);
    await rename(elsewhere('away'), harness.root);
    const again = await harness.client(harness.start());
    for (const org of ['1', '2', '3']) await again.reaches(org, 'connected');
  });
});
