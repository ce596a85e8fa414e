/** What the sockets call. The shape is that of `MessageDoor` in `src/whatsapp/messages/port.ts`. */
import type { Org } from '../../machines/domain/ports.ts';
import type { ApiDeps } from './api-deps.ts';
import type { ArrivedMessage, SentUpdate, StanzaRef, UnnumberedItem } from './ports.ts';
import { plainId } from './rows.ts';
import type { Over } from './sent.ts';

export interface DoorDeps extends ApiDeps {
  readonly isWanted: (org: Org) => boolean;
  readonly onRestriction: (org: Org) => void;
}
/** WhatsApp's code for an account that may not write to new contacts. */
const restrictedCode = 463;

const kindOf = (jid: string) => {
  if (jid.endsWith('@g.us')) return 'group';
  return jid.endsWith('@broadcast') ? 'broadcast' : 'person';
};
const contactOf = (jid: string) => {
  const [user = '', server] = jid.split('@');
  const name = user.replace(/:\d+$/u, '');
  return server === 'lid' ? { phone: null, lid: `${name}@lid` } : { phone: plainId(name), lid: null };
};
const unreadableItem = (
  { id, from, participant }: Omit<StanzaRef, 'enc' | 'digest'>,
  why: string,
  now: number,
): UnnumberedItem => {
  const contact = contactOf(participant ?? from);
  const kind = kindOf(from);
  const chat = { id: kind === 'person' ? (contact.lid ?? contact.phone ?? from) : from, kind } as const;
  const timestamp = new Date(now).toISOString();
  return { type: 'message.unreadable', unreadable: { whatsappId: id, chat, contact, why, timestamp } };
};

/** What an acknowledgement or a receipt changes in the row. */
const overOf = ({ state, statusCode, at }: SentUpdate, before: Over): Over => {
  if (state === 'failed') {
    const reason = statusCode === restrictedCode ? 'restricted' : 'rejected';
    const code = statusCode === undefined ? '' : ` with code ${statusCode}`;
    const message = `WhatsApp rejected the message${code}.`;
    return { error: { reason, message, ...(statusCode !== undefined && { statusCode }) } };
  }
  const sentAt = before.sentAt ?? at;
  if (state === 'sent') return { sentAt };
  const deliveredAt = before.deliveredAt ?? at;
  return state === 'delivered'
    ? { sentAt, deliveredAt }
    : { sentAt, deliveredAt, readAt: before.readAt ?? at };
};

export const doorOf = (deps: DoorDeps) => {
  const { inbox, sent, runner, states, table, now, log } = deps;
  return {
    isWanted: deps.isWanted,
    find: async (org: Org, ref: StanzaRef) => inbox.find(org, ref),
    take: async (org: Org, arrived: readonly ArrivedMessage[]): Promise<void> => {
      await inbox.take(org, arrived);
      for (const { from, attrs } of arrived)
        for (const jid of [from, attrs['sender_pn'], attrs['sender_lid']])
          if (jid !== undefined) runner.wake(org, plainId(jid));
    },
    unreadable: (org: Org, ref: Omit<StanzaRef, 'enc' | 'digest'>, why: string): void => {
      const { id, from, participant } = ref;
      const key = { id, remoteJid: from, fromMe: false, ...(participant !== undefined && { participant }) };
      inbox
        .note(org, unreadableItem(ref, why, now()), key)
        .catch((err: unknown) => log('messages.write_failed', { org, err }));
    },
    sentContent: async (org: Org, whatsappId: string): Promise<Uint8Array | undefined> => {
      const { encoded } = sent.body(org, whatsappId) ?? {};
      return encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
    },
    updated: async (org: Org, update: SentUpdate): Promise<void> => {
      const row = sent.get(org, update.whatsappId);
      if (row === undefined) return;
      const fact = update.state === 'failed' ? 'rejected' : update.state;
      await runner.apply(org, update.whatsappId, fact, overOf(update, row));
    },
    restricted: (org: Org, restriction: { readonly until: number | null } | null): void => {
      const before = states.of(org).restriction;
      if (restriction === null && before === null) return;
      const until = restriction === null || restriction.until === null ? null : new Date(restriction.until);
      const since = before?.since ?? new Date(now()).toISOString();
      const next = restriction && { since, until: until?.toISOString() ?? null };
      if (before !== null && next?.until === before.until) return;
      table
        .write([states.change(org, { restriction: next })])
        .catch((err: unknown) => log('messages.write_failed', { org, err }));
      log(next ? 'messages.restricted' : 'messages.unrestricted', { org, until: next?.until ?? null });
      deps.onRestriction(org);
      runner.wake(org);
    },
  };
};
