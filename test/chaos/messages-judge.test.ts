/** The judge of `npm run chaos -- messages` finds each kind of broken promise. */
import { describe, expect, it } from 'vitest';
import { type Evidence, judge, type Sent } from '../../scripts/chaos/messages/judge.ts';
import type { Organization } from '../../scripts/chaos/messages/organization.ts';
import { Sink } from '../../scripts/chaos/messages/sink.ts';
import { rngOf } from '../../scripts/chaos/rng.ts';
import { Relay } from '../support/whatsapp/relay/relay.ts';
import { organizations } from '../support/whatsapp/two-organizations.ts';

const id = '3EB0000000000000000001';
const acme = { name: 'acme', phone: organizations.acme.phone } as Organization;
const bistro = { name: 'bistro', phone: organizations.bistro.phone } as Organization;

/** One message from acme, acknowledged by WhatsApp, delivered, and in the backend of bistro. */
const asPromised = () => {
  const relay = new Relay();
  const row = relay.ledger.message(id, `${acme.phone}:1`, `${bistro.phone}@s.whatsapp.net`);
  row.acked = 'yes';
  row.deliveries.push({ to: `${bistro.phone}:1`, digest: '', at: 0, state: 'received' });
  row.receipts.push({ by: `${bistro.phone}:1`, type: 'delivered', at: 0 });
  const sink = new Sink(rngOf(1), () => undefined);
  const received = (eventId: string, seq: number, text = 'hello') =>
    sink.events.set(eventId, { eventId, org: 'bistro', type: 'message.received', seq, whatsappId: id, text });
  received('evt_1', 1);
  const last = { id: 'msg_1', whatsappId: id, state: 'delivered', error: null };
  const sent: Sent = { org: 'acme', text: 'hello', answers: [last], last };
  const evidence: Evidence = { relay, sink, organizations: [acme, bistro], sent: [sent] };
  return { evidence, row, sink, sent, received };
};
const stateOf = (sent: Sent, state: string) => {
  sent.last = { ...sent.last, state };
};

it('finds nothing when every promise was kept', () => {
  expect(judge(asPromised().evidence)).toEqual([]);
});

describe('what arrived', () => {
  it('finds a message that was acknowledged and is lost', () => {
    const { evidence, sink } = asPromised();
    sink.events.clear();
    expect(judge(evidence)).toEqual([`${id} of acme was acknowledged, and bistro never got it (received)`]);
  });

  it('finds a message that arrived as two events', () => {
    const { evidence, received } = asPromised();
    received('evt_2', 2);
    expect(judge(evidence)).toEqual([`bistro got ${id} as 2 events`]);
  });

  it('finds another text under the same id', () => {
    const { evidence, received } = asPromised();
    received('evt_1', 1, 'other');
    expect(judge(evidence)).toEqual([`bistro got ${id} with the text "other", not "hello"`]);
  });

  it('finds a gap in the numbers of an inbox', () => {
    const { evidence, received } = asPromised();
    received('evt_1', 2);
    expect(judge(evidence)).toEqual(['bistro got 1 events, numbered up to 2, 1 distinct']);
  });
});

describe('what the sender was told', () => {
  it.each([
    ['sending', 'is still sending'],
    ['failed', 'failed (undefined), and was acknowledged'],
  ])('finds the state %s of a message that was acknowledged', (state, sentence) => {
    const { evidence, sent } = asPromised();
    stateOf(sent, state);
    expect(judge(evidence)).toEqual([`${id} of acme (msg_1) ${sentence}`]);
  });

  it('finds a message that is sent without an acknowledgement, or delivered without a receipt', () => {
    const { evidence, row, sent } = asPromised();
    row.receipts.length = 0;
    expect(judge(evidence)).toEqual([`${id} of acme (msg_1) is delivered, without a receipt`]);
    row.acked = 'no';
    stateOf(sent, 'sent');
    expect(judge(evidence)).toEqual([`${id} of acme (msg_1) is sent, and was never acknowledged`]);
  });

  it('allows a message to be unknown, whatever became of it', () => {
    const { evidence, sent } = asPromised();
    stateOf(sent, 'unknown');
    expect(judge(evidence)).toEqual([]);
  });

  it('finds a key that became two messages, and an id with two contents', () => {
    const { evidence, sent } = asPromised();
    sent.answers.push({ ...sent.last, whatsappId: '3EB0000000000000000002' });
    const other: Sent = { ...sent, text: 'other', answers: [sent.last] };
    const found = judge({ ...evidence, sent: [other, sent] });
    expect(found).toEqual([
      `${id} carries several contents`,
      'one key of acme ("hello") became several messages',
    ]);
  });
});
