/**
 * Where a message goes: WhatsApp's answers about numbers, remembered, and which contacts are known. Digits
 * are never computed: WhatsApp is asked for each number, and answers with the one that it has.
 */
import type { Org } from '../../machines/domain/ports.ts';
import { remainingMs } from '../base/saved-time.ts';
import type { TableChange } from '../database/table.ts';
import type { Contact } from '../protocol/messages.ts';
import type { MessagesPolicy } from './policy.ts';
import { dayMs } from './policy.ts';
import type { Looked, SenderPort } from './ports.ts';
import { ChatRow, NumberRow, plainId, readAs } from './rows.ts';
import type { MessageTable } from './table.ts';

export interface Recipient {
  readonly jid: string;
  readonly contact: Contact;
}
export interface RecipientDeps {
  readonly table: MessageTable;
  readonly policy: MessagesPolicy;
  readonly now: () => number;
}
const personJid = (phone: string): string => `${phone}@s.whatsapp.net`;
export const isGroup = (to: string): boolean => to.endsWith('@g.us');
const isLid = (to: string): boolean => to.endsWith('@lid');
const phoneOf = (jid: string | null): string | null =>
  jid?.endsWith('@s.whatsapp.net') ? plainId(jid).replace(/:\d+$/u, '') : null;

export class Recipients {
  readonly #d: RecipientDeps;
  /** Look-ups under way: calls for one number share them. */
  readonly #looking = new Map<string, Promise<NumberRow>>();

  constructor(deps: RecipientDeps) {
    this.#d = deps;
  }
  /** What WhatsApp answered lately; undefined: it must be asked. */
  remembered(org: Org, phone: string): NumberRow | undefined {
    const { table, policy, now } = this.#d;
    const row = readAs(NumberRow, table.get(['number', org, phone]));
    if (row === undefined) return undefined;
    const keptMs = row.exists ? policy.knownNumberMs : policy.unknownNumberMs;
    return remainingMs({ until: row.at + keptMs, setAt: row.at }, now()) > 0 ? row : undefined;
  }
  /** Undefined: it is not on WhatsApp. Rejects as `SenderPort.lookUp` does. */
  async resolve(org: Org, to: string, sender: SenderPort): Promise<Recipient | undefined> {
    if (isGroup(to)) return { jid: to, contact: { phone: null, lid: null } };
    if (isLid(to)) return { jid: to, contact: { ...(await sender.contactOf(to)), lid: to } };
    const row = this.remembered(org, to) ?? (await this.#ask(org, to, sender));
    if (!row.exists) return undefined;
    const jid = row.jid ?? row.lid ?? personJid(to);
    return { jid, contact: { phone: phoneOf(jid) ?? to, lid: row.lid } };
  }
  /** For `contact.exists`: asks only for the numbers that are not remembered. */
  async exists(org: Org, phones: readonly string[], sender: SenderPort): Promise<readonly Looked[]> {
    const missing = [...new Set(phones.filter((phone) => this.remembered(org, phone) === undefined))];
    const looked = missing.length > 0 ? await sender.lookUp(missing) : [];
    const rows = new Map(looked.map((one) => [one.phone, this.#rowOf(one)]));
    await this.#d.table.write([...rows].map(([phone, value]) => ({ key: ['number', org, phone], value })));
    return phones.map((phone) => {
      const { exists = false, jid = null, lid = null } = rows.get(phone) ?? this.remembered(org, phone) ?? {};
      return { phone, exists, jid, lid };
    });
  }

  /** Whether a first message to it has the limits of new contacts. A group is never new: it was joined. */
  isNew(org: Org, ids: readonly (string | null)[]): boolean {
    return !ids.some((id) => {
      if (id === null) return false;
      if (isGroup(id)) return true;
      const chat = this.#chat(org, id);
      return this.#isRecent(chat?.heardAt) || this.#isRecent(chat?.sentAt);
    });
  }
  /** Whether it wrote lately: then messages go on during a restriction. */
  hasAnswered(org: Org, ids: readonly (string | null)[]): boolean {
    return ids.some((id) => id !== null && (isGroup(id) || this.#isRecent(this.#chat(org, id)?.heardAt)));
  }
  /** Whether a message shows that a number and a lid belong together, of which one alone was known. */
  isLink(org: Org, { phone, lid }: Contact): boolean {
    if (phone === null || lid === null) return false;
    return (this.#chat(org, phone) === undefined) !== (this.#chat(org, lid) === undefined);
  }
  /** Changes that note a message from or to a contact. At most one a day for each: more shows nothing. */
  noted(org: Org, ids: readonly (string | null)[], what: 'heardAt' | 'sentAt'): readonly TableChange[] {
    const now = this.#d.now();
    return [...new Set(ids)].flatMap((id) => {
      if (id === null || isGroup(id)) return [];
      const chat = this.#chat(org, id) ?? { heardAt: null, sentAt: null };
      if (Math.abs(now - (chat[what] ?? 0)) < dayMs) return [];
      return [{ key: ['chat', org, plainId(id)], value: { ...chat, [what]: now } }];
    });
  }

  #chat(org: Org, id: string): ChatRow | undefined {
    return readAs(ChatRow, this.#d.table.get(['chat', org, plainId(id)]));
  }
  #isRecent(at: number | null | undefined): boolean {
    return at != null && this.#d.now() - at < this.#d.policy.newAfterMs;
  }
  #rowOf({ exists, jid, lid }: Looked): NumberRow {
    return { at: this.#d.now(), exists, jid, lid };
  }
  #ask(org: Org, phone: string, sender: SenderPort): Promise<NumberRow> {
    const name = `${org} ${phone}`;
    const looking = this.#looking.get(name) ?? this.#askOnce(org, phone, sender);
    this.#looking.set(name, looking);
    const forget = () => void this.#looking.delete(name);
    looking.then(forget, forget);
    return looking;
  }
  async #askOnce(org: Org, phone: string, sender: SenderPort): Promise<NumberRow> {
    const looked = await sender.lookUp([phone]);
    const row = this.#rowOf(looked.find((one) => one.phone === phone && one.exists) ?? looked[0] ?? absent);
    await this.#d.table.write([{ key: ['number', org, phone], value: row }]);
    return row;
  }
}
const absent: Looked = { phone: '', exists: false, jid: null, lid: null };
