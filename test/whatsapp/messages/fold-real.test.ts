/** What real Baileys sends, relayed by the fake server, becomes what clients see. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fold } from '../../../src/whatsapp/messages/fold.ts';
import { until } from '../../support/until.ts';
import { trustTestRoot } from '../../support/whatsapp/certificate.ts';
import { FakeWhatsApp } from '../../support/whatsapp/server.ts';
import { organizations, Peer } from '../../support/whatsapp/two-organizations.ts';
import { Receiver } from './receiver.ts';

const { acme: a, bistro: b } = organizations;
let distrust: () => void;
let server: FakeWhatsApp;
let acme: Receiver;
/** Another device of the same account. */
let phone: Peer;
let bistro: Peer;

beforeAll(async () => {
  distrust = trustTestRoot();
  server = new FakeWhatsApp({ relay: true, offlineDelayMs: 1 });
  await server.listen();
  acme = new Receiver(() => server.url, a.phone);
  await acme.start();
  phone = await Peer.connect(server.url, { ...a, device: 2 });
  bistro = await Peer.connect(server.url, b);
});
afterAll(async () => {
  await Promise.all([bistro.end(), phone.end()]);
  acme.kill();
  await server.close();
  distrust();
});

/** Everything that rows of this WhatsApp id mean: in a group the first message carries keys as well. */
const itemsOf = (id: string) =>
  until(`the items of ${id}`, () => {
    const items = [...acme.rows.values()]
      .filter((row) => row.id === id)
      .flatMap((row) => fold('acme', row))
      .flatMap(({ items: some }) => some);
    return items.length > 0 ? items : undefined;
  });
const contact = () => ({ phone: bistro.phone, lid: bistro.lid });
const keyOf = (id: string, fromMe = true) => ({ id, remoteJid: phone.jid, fromMe });

describe('a person', () => {
  test.each(['phone', 'LID'])('who writes to the %s is the same person in the same chat', async (by) => {
    const id = await bistro.send(by === 'phone' ? phone.jid : phone.lid, `by ${by}`);
    expect(await itemsOf(id)).toMatchObject([
      {
        type: 'message.received',
        message: {
          whatsappId: id,
          direction: 'incoming',
          chat: { id: bistro.lid, kind: 'person' },
          contact: contact(),
          type: 'text',
          text: { body: `by ${by}` },
        },
      },
    ]);
  });

  test('sends a place, a contact, a reply with a mention, and a poll', async () => {
    const place = await bistro.send(a.phone, {
      location: { degreesLatitude: 19.4, degreesLongitude: -99.1, name: 'Zócalo' },
    });
    const card = await bistro.send(a.phone, {
      contacts: { displayName: 'Luz', contacts: [{ displayName: 'Luz', vcard: 'BEGIN:VCARD' }] },
    });
    const poll = await bistro.send(a.phone, {
      poll: { name: 'lunch?', values: ['a', 'b'], selectableCount: 1 },
    });
    const quoted = { key: keyOf(place), message: { conversation: 'where?' } };
    const reply = await bistro.client.socket.sendMessage(
      phone.jid,
      { text: '@you', mentions: [phone.jid], linkPreview: null },
      { quoted },
    );
    expect(await itemsOf(place)).toMatchObject([
      { message: { type: 'location', location: { latitude: 19.4, longitude: -99.1, name: 'Zócalo' } } },
    ]);
    expect(await itemsOf(card)).toMatchObject([
      { message: { type: 'contacts', contacts: [{ vcard: 'BEGIN:VCARD' }] } },
    ]);
    expect(await itemsOf(poll)).toMatchObject([{ message: { type: 'poll' } }]);
    expect(await itemsOf(reply?.key.id ?? '')).toMatchObject([
      {
        message: {
          text: { body: '@you' },
          replyTo: { whatsappId: place },
          mentions: [{ phone: a.phone, lid: null }],
        },
      },
    ]);
  });

  test('reacts, edits and deletes', async () => {
    const id = await bistro.send(a.phone, 'frist');
    const reaction = await bistro.send(a.phone, { react: { key: keyOf(id), text: '👍' } });
    const edit = await bistro.send(a.phone, { edit: keyOf(id), text: 'first' });
    const deletion = await bistro.send(a.phone, { delete: keyOf(id) });
    const about = { whatsappId: id, chat: { id: bistro.lid }, contact: contact(), direction: 'incoming' };
    expect(await itemsOf(reaction)).toMatchObject([
      { type: 'message.changed', change: { ...about, change: 'reacted', emoji: '👍' } },
    ]);
    expect(await itemsOf(edit)).toMatchObject([
      { type: 'message.changed', change: { ...about, change: 'edited', text: { body: 'first' } } },
    ]);
    expect(await itemsOf(deletion)).toMatchObject([
      { type: 'message.changed', change: { ...about, change: 'deleted' } },
    ]);
  });
});

test.each(['pn', 'lid'] as const)(
  'a group that is addressed by %s names its chat and the participant',
  async (addressing) => {
    const group = server.relay.groups.create({ members: [a.phone, b.phone], addressing });
    const ids = [await bistro.send(group, 'first'), await bistro.send(group, 'second')];
    for (const [n, id] of ids.entries())
      expect(await itemsOf(id)).toMatchObject([
        {
          type: 'message.received',
          message: {
            chat: { id: group, kind: 'group' },
            contact: contact(),
            text: { body: n === 0 ? 'first' : 'second' },
          },
        },
      ]);
  },
);

test('what another device of the account sends is outgoing, to a person and to a group', async () => {
  const toPerson = await phone.send(bistro.jid, 'I answer from the phone');
  expect(await itemsOf(toPerson)).toMatchObject([
    {
      type: 'message.sent_elsewhere',
      message: {
        direction: 'outgoing',
        chat: { kind: 'person' },
        contact: { phone: b.phone },
        text: { body: 'I answer from the phone' },
      },
    },
  ]);
  const group = server.relay.groups.create({ members: [a.phone, b.phone] });
  const toGroup = await phone.send(group, 'to all');
  expect(await itemsOf(toGroup)).toMatchObject([
    {
      type: 'message.sent_elsewhere',
      message: { chat: { id: group, kind: 'group' }, text: { body: 'to all' } },
    },
  ]);
});
