/**
 * Compares what the fake WhatsApp server relayed with what both backends received, and with what senders were
 * told. The ledger of the server is the judge, not the rows of the program.
 */
import type { RelayedMessage } from '../../../test/support/whatsapp/relay/ledger.ts';
import type { Relay } from '../../../test/support/whatsapp/relay/relay.ts';
import type { Accepted, Organization } from './organization.ts';
import type { Sink } from './sink.ts';

export interface Sent {
  readonly org: string;
  readonly text: string;
  /** Every answer to the calls with this key: they must name one message. */
  readonly answers: Accepted[];
  last: Accepted;
}

export interface Evidence {
  readonly relay: Relay;
  readonly sink: Sink;
  readonly organizations: readonly [Organization, Organization];
  readonly sent: readonly Sent[];
}

/** `Map.groupBy`, which Node 20 does not have. */
export function groupBy<T, K>(all: readonly T[], keyOf: (one: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return groups;
}

const isTaken = ({ acked }: RelayedMessage): boolean => acked === 'yes';

/** Everything that WhatsApp acknowledged is in the backend of the other organization, once. */
function arrivals({ relay, sink, organizations, sent }: Evidence): string[] {
  const textOf = new Map(sent.map((one) => [one.last.whatsappId, one.text]));
  return organizations.flatMap((from, at) => {
    const to = organizations[1 - at] as Organization;
    const received = groupBy(sink.of(to.name, 'message.received'), ({ whatsappId }) => whatsappId);
    const taken = relay.ledger.messages({ from: from.phone }).filter(isTaken);
    const ids = new Set(taken.map(({ id }) => id));
    const lost = taken.flatMap(({ id, deliveries }) => {
      const copies = received.get(id) ?? [];
      const answers = deliveries.map(({ state }) => state).join(', ');
      if (copies.length === 0)
        return [`${id} of ${from.name} was acknowledged, and ${to.name} never got it (${answers})`];
      if (copies.length > 1) return [`${to.name} got ${id} as ${copies.length} events`];
      const text = textOf.get(id);
      return text === undefined || copies[0]?.text === text
        ? []
        : [`${to.name} got ${id} with the text "${copies[0]?.text}", not "${text}"`];
    });
    const never = [...received.keys()].filter(
      (id) => !ids.has(id) && relay.ledger.messages({ id, from: from.phone }).length === 0,
    );
    return [...lost, ...never.map((id) => `${to.name} got ${id}, which ${from.name} never sent`)];
  });
}

/** The numbers of an inbox have no gap and no repeat. */
function numbers({ sink, organizations }: Evidence): string[] {
  return organizations.flatMap(({ name }) => {
    const seqs = [...sink.events.values()].filter(({ org }) => org === name).map(({ seq }) => seq);
    const most = Math.max(0, ...seqs);
    return new Set(seqs).size === seqs.length && most === seqs.length
      ? []
      : [`${name} got ${seqs.length} events, numbered up to ${most}, ${new Set(seqs).size} distinct`];
  });
}

/** The state of a message is what the server knows of it. */
function states({ relay, sent }: Evidence): string[] {
  return sent.flatMap(({ last: { id, whatsappId, state, error }, org }) => {
    const row = relay.ledger.messages({ id: whatsappId })[0];
    const name = `${whatsappId} of ${org} (${id})`;
    if (state === 'queued' || state === 'sending') return [`${name} is still ${state}`];
    if (state === 'sent' && !(row && isTaken(row))) return [`${name} is sent, and was never acknowledged`];
    if (state === 'delivered' && !row?.receipts.some(({ type }) => type !== 'retry'))
      return [`${name} is delivered, without a receipt`];
    if (state === 'failed' && row && isTaken(row))
      return [`${name} failed (${error?.reason}), and was acknowledged`];
    return [];
  });
}

/** One key is one message, and one id has one content. */
function identities({ sent }: Evidence): string[] {
  const texts = groupBy(sent, ({ last }) => last.whatsappId);
  const shared = [...texts].filter(([, rows]) => new Set(rows.map(({ text }) => text)).size > 1);
  const split = sent.filter(({ answers }) => new Set(answers.map(({ whatsappId }) => whatsappId)).size > 1);
  return [
    ...shared.map(([id]) => `${id} carries several contents`),
    ...split.map(({ text, org }) => `one key of ${org} ("${text}") became several messages`),
  ];
}

/** One sentence for each promise that was not kept. */
export const judge = (evidence: Evidence): string[] =>
  [arrivals, numbers, states, identities].flatMap((check) => check(evidence));
