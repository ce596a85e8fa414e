/**
 * Sends and receipts of one contact overlap, and hold the same session. It survives only because keys are
 * visible as soon as they are set, however long the disk takes, and because nothing waits in a transaction.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { trustTestRoot } from '../../support/whatsapp/certificate.ts';
import { FakeWhatsApp } from '../../support/whatsapp/server.ts';
import { organizations } from '../../support/whatsapp/two-organizations.ts';
import { Receiver } from './receiver.ts';

const each = 100;
let distrust: () => void;
let server: FakeWhatsApp;
let both: readonly [Receiver, Receiver];

beforeEach(async () => {
  distrust = trustTestRoot();
  server = new FakeWhatsApp({ relay: true, offlineDelayMs: 1 });
  await server.listen();
  const [acme, bistro] = Object.values(organizations).map(
    ({ phone }) => new Receiver(() => server.url, phone),
  );
  both = [acme!, bistro!];
});
afterEach(async () => {
  for (const one of both) one.kill();
  await server.close();
  distrust();
});

const send = async (from: Receiver, to: Receiver, text: string): Promise<string> => {
  const content = { text, linkPreview: null } as const;
  const sent = await from.life.client.socket.sendMessage(`${to.phone}@s.whatsapp.net`, content);
  return sent?.key.id ?? '';
};
const converse = async (count: number): Promise<readonly (readonly [Receiver, string])[]> => {
  const [acme, bistro] = both;
  await bistro.row(await send(acme, bistro, 'first'));
  await acme.row(await send(bistro, acme, 'answer'));
  const sent = Array.from({ length: count }, (_, n) => [
    send(acme, bistro, `there ${n}`).then((id) => [bistro, id] as const),
    send(bistro, acme, `back ${n}`).then((id) => [acme, id] as const),
  ]);
  return Promise.all(sent.flat());
};

test(`${each} messages each way at once, on a disk that takes 20 ms: none is asked for again`, async () => {
  for (const one of both) one.delayMs = 20;
  await Promise.all(both.map((one) => one.start()));
  const sent = await converse(each);
  await until('all rows', () => sent.every(([to, id]) => to.ids.includes(id)));
  expect(server.relay.ledger.retries()).toBe(0);
  for (const one of both) expect([one.repeated, one.unreadable]).toEqual([0, []]);
}, 240_000);

test.each([
  ['keys that become visible 20 ms late', { invisibleMs: 20 }],
  ['a hook that waits for 20 ms in the transaction', { waitsMs: 20 }],
])(
  'the same with %s fails, so the test can see that fault',
  async (_, fault) => {
    for (const one of both) Object.assign(one, fault);
    await Promise.all(both.map((one) => one.start()));
    converse(each).catch(() => undefined); // it may never end
    await until('a message that is asked for again', () => server.relay.ledger.retries() > 0);
  },
  240_000,
);
