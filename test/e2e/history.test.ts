/** What the log was searched for by hand, told by the program itself, and kept when it is killed. */
import { chmod, mkdir, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

let whatsapp: FakeWhatsApp;
let harness: ProgramHarness;
beforeEach(async () => {
  whatsapp = new FakeWhatsApp();
  harness = await ProgramHarness.at(await whatsapp.listen());
});
afterEach(async () => {
  await harness.close();
  await whatsapp.close();
});
const seed = (org: string, n: number) =>
  seedCredentials(harness.org(org), { phone: fictionalPhone(n), device: 1, name: `Org ${org}` });

interface Item {
  readonly id: number;
  readonly at: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly cause: string;
  readonly reason: string | null;
}
const read = async (client: Client, orgId: string): Promise<Item[]> => {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: Record<string, unknown> = await client.call('session.history', {
      orgId,
      limit: 3,
      ...(cursor !== null && { cursor }),
    });
    items.push(...(page['items'] as Item[]));
    cursor = page['nextCursor'] as string | null;
  } while (cursor !== null);
  return items;
};
/** Oldest first, as one tells it. */
const story = async (client: Client, orgId: string) =>
  (await read(client, orgId)).reverse().map(({ to, cause }) => `${to} ${cause}`);
/**
 * A kill may cost what was not written yet, a tenth of a second or so: wait until the file says as much as
 * the answer.
 */
const written = async () => {
  const file = join(harness.root, '.vigia/state.lmdb/data.mdb');
  let before = -1;
  await until('the history to be written', async () => {
    const { mtimeMs } = await stat(file);
    const isQuiet = mtimeMs === before && Date.now() - mtimeMs > 500;
    before = mtimeMs;
    return isQuiet;
  });
};

it('a scan, a kill at night and an unlinked phone: the whole story of an organization, across the kill', async () => {
  const first = harness.start();
  const client = await harness.client(first);
  await client.call('session.pair', { orgId: '2' });
  const isQr = (e: (typeof client.events)[number]) => e.type === 'pairing.updated' && e.data.status === 'qr';
  const { data } = await client.event('a QR', isQr);
  expect(await whatsapp.scan(String(data.qr), { phone: fictionalPhone(2) })).toMatchObject({ ok: true });
  await client.reaches('2', 'connected');
  const before = await read(client, '2');
  await written();
  await first.kill();

  const second = harness.start();
  const again = await harness.client(second);
  await again.reaches('2', 'connected');
  whatsapp.revoke(fictionalPhone(2));
  await again.reaches('2', 'failed(revoked)');
  await again.call('session.logout', { orgId: '2' });
  expect(await story(again, '2')).toEqual([
    'pairing session.pair',
    'restoring pairing.completed',
    'connected connection.opened',
    'restoring adopted',
    'connected connection.opened',
    'failed connection.closed',
    'null session.logout',
  ]);
  const all = await read(again, '2');
  expect(all.slice(-before.length)).toEqual(before);
  expect(all.map(({ id }) => id)).toEqual([7, 6, 5, 4, 3, 2, 1]);
  expect(all.map(({ at }) => at)).toEqual(
    all
      .map(({ at }) => at)
      .toSorted()
      .reverse(),
  );
  expect(all[1]).toMatchObject({ to: 'failed', reason: 'revoked' });
  expect(await second.stop()).toBe(0);
});

it('a database that was cut short costs the history and nothing else: the sessions come back, and it is said', async () => {
  await seed('4', 4);
  const first = harness.start();
  await (await harness.client(first)).reaches('4', 'connected');
  expect(await first.stop()).toBe(0);
  const own = join(harness.root, '.vigia');
  await truncate(join(own, 'state.lmdb/data.mdb'), 6_000);

  const second = harness.start();
  const client = await harness.client(second);
  await client.reaches('4', 'connected');
  expect(await story(client, '4')).toEqual(['restoring adopted', 'connected connection.opened']);
  expect(await client.call('server.status')).toMatchObject({ database: 'emptied' });
  expect(second.logged('database.damaged')).toHaveLength(1);
  const aside = (await readdir(own)).find((name) => name.startsWith('state.lmdb.damaged-'));
  expect((await stat(join(own, String(aside), 'data.mdb'))).size).toBe(6_000);
  expect(await second.stop()).toBe(0);
});

it('a place where no database can be is no reason not to restore', async () => {
  await seed('4', 4);
  const own = join(harness.root, '.vigia');
  await mkdir(own, { mode: 0o700 });
  await writeFile(join(own, 'state.lmdb'), 'a file');
  await chmod(join(own, 'state.lmdb'), 0o400);
  const program = harness.start();
  const client = await harness.client(program);
  await client.reaches('4', 'connected');
  expect(await client.call('server.status')).toMatchObject({ database: 'emptied' });
  expect(await program.stop()).toBe(0);
});
