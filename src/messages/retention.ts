/** Removes what is too old, a part at a time, so that no round holds the event loop. */
import type { Org } from '../../machines/domain/ports.ts';
import type { WriteLog } from '../base/log.ts';
import type { TableKey } from '../database/table.ts';
import type { Inbox } from './inbox.ts';
import type { MediaFiles } from './media-files.ts';
import type { OutStates } from './out-states.ts';
import type { MessagesPolicy } from './policy.ts';
import { ChatRow, NumberRow, readAs } from './rows.ts';
import type { Sent } from './sent.ts';
import type { MessageTable } from './table.ts';

export interface RetentionDeps {
  readonly table: MessageTable;
  readonly sent: Sent;
  readonly inbox: Inbox;
  readonly states: OutStates;
  readonly media: MediaFiles;
  readonly policy: MessagesPolicy;
  readonly now: () => number;
  readonly log: WriteLog;
}
export const roundMs = 600_000;
/** Rows about contacts that one round looks at. */
const contactsAtOnce = 2_000;

/** Where the next round goes on. */
const createContactSweep = ({ table, policy, now }: RetentionDeps) => {
  const next = new Map<string, TableKey>();
  const isOld = (kind: string, value: unknown): boolean => {
    if (kind === 'chat') {
      const { heardAt = null, sentAt = null } = readAs(ChatRow, value) ?? {};
      return now() - Math.max(heardAt ?? 0, sentAt ?? 0) > policy.newAfterMs;
    }
    const row = readAs(NumberRow, value);
    const keptMs = row?.exists ? policy.knownNumberMs : policy.unknownNumberMs;
    return row === undefined || now() - row.at > keptMs;
  };
  return async (): Promise<void> => {
    for (const kind of ['chat', 'number']) {
      const rows = table.range({
        atLeast: next.get(kind) ?? [kind],
        below: [kind, '\uffff'],
        limit: contactsAtOnce,
      });
      const last = rows.length < contactsAtOnce ? undefined : rows.at(-1)?.[0];
      if (last === undefined) next.delete(kind);
      else next.set(kind, last);
      const old = rows.filter(([, value]) => isOld(kind, value));
      if (old.length > 0) await table.write(old.map(([key]) => ({ key })));
    }
  };
};

export const startRetention = (deps: RetentionDeps) => {
  const { table, sent, inbox, states, media, policy, now, log } = deps;
  const sweepContacts = createContactSweep(deps);
  let isFailing = false;
  const round = async (): Promise<void> => {
    for (const days of [inbox.seen, inbox.refs, inbox.media]) await days.expire(now(), policy.receivedMs);
    for (const org of inbox.states.orgs()) await inbox.expire(org);
    for (const org of states.orgs()) await sent.expire(org, policy.sentMs);
    await sweepContacts();
    await media.expire();
  };
  const timer = setInterval(() => {
    round()
      .then(() => {
        isFailing = false;
      })
      .catch((err: unknown) => {
        if (!isFailing) log('messages.write_failed', { err });
        isFailing = true;
      });
  }, roundMs).unref();
  return {
    round,
    stop: () => clearInterval(timer),
    /** Removes the content of one organization. `drop` forgets its queue. */
    erase: async (org: Org, drop: () => void): Promise<void> => {
      drop();
      for (const kind of ['sent', 'body', 'open', 'order', 'key', 'due'])
        await table.clear({ atLeast: [kind, org], below: [kind, org, '\uffff'] });
      const n = states.of(org).n;
      states.remove(org);
      await table.write([states.change(org, { n })]);
      await inbox.erase(org);
    },
  };
};
