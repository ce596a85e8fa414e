/** SIGKILL of a process that receives, again and again: the ledger of the server is the judge. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { BufferJSON } from '@whiskeysockets/baileys';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { layoutOf } from '../../../src/sessions/layout.ts';
import { until } from '../../support/until.ts';
import { trustTestRoot } from '../../support/whatsapp/certificate.ts';
import { pairedCredentials } from '../../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../../support/whatsapp/server.ts';
import { attr } from '../../support/whatsapp/stanza.ts';
import { organizations, Peer } from '../../support/whatsapp/two-organizations.ts';

const kills = Number(process.env['VIGIA_KILLS'] ?? 6);
const project = resolve(import.meta.dirname, '../../..');
const { acme: a, bistro: b } = organizations;
let distrust: () => void;
let server: FakeWhatsApp;
let peer: Peer;
let root: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  distrust = trustTestRoot();
  server = new FakeWhatsApp({ relay: true, offlineDelayMs: 1 });
  await server.listen();
  root = mkdtempSync(join(tmpdir(), 'vigia-receive-'));
  const layout = layoutOf(root);
  for (const path of [layout.organization('acme'), layout.journal, layout.quarantine])
    mkdirSync(path, { recursive: true });
  const creds = JSON.stringify(pairedCredentials({ phone: a.phone }), BufferJSON.replacer);
  writeFileSync(join(layout.organization('acme'), 'creds.json'), creds);
  writeFileSync(join(root, 'rows'), '');
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await peer?.end();
  await server.close();
  rmSync(root, { recursive: true, force: true });
  distrust();
});

const start = async (): Promise<void> => {
  const trust = resolve(project, 'test/support/whatsapp/trust-test-root.mjs');
  const args = [
    '--import',
    'tsx',
    '--import',
    trust,
    resolve(import.meta.dirname, 'kill-child.ts'),
    root,
    server.url,
  ];
  child = spawn(process.execPath, args, { cwd: project, stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
};
const kill = async (): Promise<void> => {
  const ended = once(child!, 'exit');
  child?.kill('SIGKILL');
  await ended;
  await until('acme to be away', () => !server.devices(a.phone)[0]?.online);
};
/** Ids of whole lines: a kill may cut the last one. */
const rows = (): readonly string[] =>
  readFileSync(join(root, 'rows'), 'utf8')
    .split('\n')
    .flatMap((line) => /^\{"id":"([^"]+)".*\}$/u.exec(line)?.[1] ?? []);
const receipts = () => server.relay.ledger.stanzas('receipt', a.phone).length;

test('every message that WhatsApp forgot is in the database once', { timeout: 600_000 }, async () => {
  await start();
  await until('acme to be there', () => server.devices(a.phone)[0]?.online);
  peer = await Peer.connect(server.url, b);
  const sent = [await peer.send(a.phone, 'first contact')];
  await until('the first', () => rows().length === 1);
  for (let life = 0; life < kills; life += 1) {
    await kill();
    // alternately a backlog, and messages while it is connected
    const isBacklog = life % 2 === 0;
    if (isBacklog) for (let n = 0; n < 20; n += 1) sent.push(await peer.send(a.phone, `life ${life}, ${n}`));
    const before = receipts();
    await start();
    await until('acme to be there', () => server.devices(a.phone)[0]?.online);
    if (!isBacklog) for (let n = 0; n < 20; n += 1) sent.push(await peer.send(a.phone, `life ${life}, ${n}`));
    await until('some receipts', () => receipts() > before + life);
    await wait(life * 7);
  }
  await until('an empty queue', () => server.relay.waiting({ phone: a.phone, device: 1 }) === 0);
  await until('all rows', () => rows().length >= sent.length);
  // the library handles the backlog beside what is new, so their order among each other is open
  expect([...rows()].sort()).toEqual([...sent].sort());
  expect(server.relay.ledger.retries()).toBe(0);
  const errors = server.relay.ledger.stanzas('ack', a.phone).flatMap((ack) => attr(ack, 'error') ?? []);
  expect(errors).toEqual([]);
});
