/**
 * A message is durable before WhatsApp learns that it was received: a kill at any moment loses none and
 * doubles none, and a repeated delivery is silent. Real Baileys on both ends.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fold } from '../../../src/whatsapp/messages/fold.ts';
import { until } from '../../support/until.ts';
import { trustTestRoot } from '../../support/whatsapp/certificate.ts';
import { FakeWhatsApp } from '../../support/whatsapp/server.ts';
import { attr } from '../../support/whatsapp/stanza.ts';
import { organizations, Peer } from '../../support/whatsapp/two-organizations.ts';
import { Receiver } from './receiver.ts';

const { acme: a, bistro: b } = organizations;
let distrust: () => void;
let server: FakeWhatsApp;
let acme: Receiver;
let peer: Peer;

beforeEach(async () => {
  distrust = trustTestRoot();
  server = new FakeWhatsApp({ relay: true, offlineDelayMs: 1 });
  await server.listen();
  acme = new Receiver(() => server.url, a.phone);
  await acme.start();
  peer = await Peer.connect(server.url, b);
});
afterEach(async () => {
  await peer.end();
  acme.kill();
  await server.close();
  distrust();
});

const ackErrors = (): readonly string[] =>
  server.relay.ledger.stanzas('ack', a.phone).flatMap((stanza) => attr(stanza, 'error') ?? []);
const receipts = (id: string): readonly (string | undefined)[] =>
  server.relay.ledger
    .stanzas('receipt', a.phone)
    .filter((stanza) => attr(stanza, 'id') === id)
    .map((stanza) => attr(stanza, 'type'));
const isAway = () => until('acme to be away', () => !server.devices(a.phone)[0]?.online);
const nothingWaits = () =>
  until('an empty queue', () => server.relay.waiting({ phone: a.phone, device: 1 }) === 0);
/** A session that both sides know, so that what follows is an ordinary message. */
const warmUp = async (): Promise<void> => {
  await acme.row(await peer.send(a.phone, 'first contact'));
  await nothingWaits();
};
const restart = async (): Promise<void> => {
  if (!acme.isDead) acme.kill();
  await isAway();
  acme.death = undefined;
  acme.takes = true;
  await acme.start();
};
const expectSilence = (): void => {
  expect(server.relay.ledger.retries()).toBe(0);
  expect(ackErrors()).toEqual([]);
  expect(acme.unreadable).toEqual([]);
};

describe.each([
  ['a first message', false],
  ['a later message', true],
] as const)('%s is in the database once', (_, isWarm) => {
  const killedAt = async (when: 'before' | 'after') => {
    if (isWarm) await warmUp();
    const id = '3EB0C0FFEE00112233445566';
    acme.death = { write: id, when };
    await peer.send(a.phone, 'the lead', id);
    await until('the kill', () => acme.isDead);
    expect(receipts(id)).toEqual([]);
    return id;
  };

  test('when it dies before the keys are committed', async () => {
    const id = await killedAt('before');
    await restart();
    await acme.row(id);
    await nothingWaits();
    expect(acme.ids.filter((one) => one === id)).toHaveLength(1);
    expectSilence();
  });

  test('when it dies between the commit and the receipt: the next one is ordinary', async () => {
    const id = await killedAt('after');
    await restart();
    await acme.row(id);
    await nothingWaits();
    expect(acme.ids.filter((one) => one === id)).toHaveLength(1);
    expect(receipts(id)).toEqual(['inactive']);
    expectSilence();
  });

  test('when it dies after the receipt and before the database has it', async () => {
    if (isWarm) await warmUp();
    acme.takes = false;
    const id = await peer.send(a.phone, 'the lead');
    await until('the receipt', () => receipts(id).length > 0);
    await nothingWaits();
    expect(acme.ids).not.toContain(id);
    await restart();
    const [folded] = fold('acme', await acme.row(id));
    expect(folded?.items).toMatchObject([
      { type: 'message.received', message: { text: { body: 'the lead' } } },
    ]);
    expectSilence();
  });
});

test('the database is searched when the journal has the message no more', async () => {
  await warmUp();
  server.relay.faults.set({ tag: 'receipt', from: a.phone }, { kind: 'drop' });
  const id = await peer.send(a.phone, 'acknowledged in vain');
  await until('the receipt', () => receipts(id).length > 0);
  await acme.row(id);
  await acme.life.journal.close();
  server.relay.faults.clear();
  await restart();
  await nothingWaits();
  expect(receipts(id)).toEqual(['inactive', 'inactive']);
  expect(acme.ids.filter((one) => one === id)).toHaveLength(1);
  expect(acme.repeated).toBe(0);
  expectSilence();
});

test('a backlog that is killed again and again before its end arrives whole, once, and in order', {
  timeout: 240_000,
}, async () => {
  await warmUp();
  acme.kill();
  await isAway();
  const sent: string[] = [];
  for (let n = 0; n < 40; n += 1) sent.push(await peer.send(a.phone, `lead ${n}`));
  for (let kill = 0; kill < 8; kill += 1) {
    acme.death = { write: 3 + (kill % 4), when: kill % 2 === 0 ? 'after' : 'before' };
    await acme.start(false);
    await until('the kill', () => acme.isDead);
    await isAway();
  }
  expect(acme.deaths).toHaveLength(8);
  await restart();
  await nothingWaits();
  await until('all rows', () => sent.every((id) => acme.ids.includes(id)));
  expect(acme.ids.slice(1)).toEqual(sent);
  expectSilence();
});

test('a message that is not wanted leaves nothing anywhere', async () => {
  acme.isWanted = false;
  const id = await peer.send(a.phone, 'PLANTED');
  await until('the receipt', () => receipts(id).length > 0);
  const inJournal = acme.disk.paths().map((path) => acme.disk.peek(path)?.toString() ?? '');
  expect(inJournal.join()).not.toContain(id);
  expect(acme.ids).toEqual([]);
  acme.isWanted = true; // decided for each message: the connection is the same
  await acme.row(await peer.send(a.phone, 'wanted'));
});
