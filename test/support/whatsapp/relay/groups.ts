import { S_WHATSAPP_NET } from '@whiskeysockets/baileys';
import type { DeviceId } from '../credentials.ts';
import { attr, child, node, nowS, resultOf, type Stanza } from '../stanza.ts';
import { isGroup, lidJid, phoneJid } from './address.ts';

export interface Group {
  readonly id: string;
  readonly subject: string;
  /** Phones. The first is the administrator. */
  readonly members: readonly string[];
  readonly addressing: 'pn' | 'lid';
}

const createdAt = '1';

/** The groups, and the answers to `w:g2`. */
export class Groups {
  readonly #groups = new Map<string, Group>();
  readonly #notify: (phones: readonly string[], notification: Stanza) => void;
  #changes = 0;

  constructor(notify: (phones: readonly string[], notification: Stanza) => void) {
    this.#notify = notify;
  }

  /** Makes a group and returns its jid. */
  create({ subject = 'Group', members, addressing = 'pn' }: Partial<Group> & Pick<Group, 'members'>): string {
    const id = `1203630000${String(this.#groups.size + 1).padStart(8, '0')}@g.us`;
    this.#groups.set(id, { id, subject, members, addressing });
    return id;
  }

  find(jid: string): Group | undefined {
    return this.#groups.get(jid);
  }

  /** Adds or removes a member, and notifies all members before and after the change. */
  change(id: string, how: 'add' | 'remove', phone: string): void {
    const group = this.#groups.get(id);
    if (!group) throw new Error(`there is no group ${id}`);
    const others = group.members.filter((one) => one !== phone);
    this.#groups.set(id, { ...group, members: how === 'add' ? [...others, phone] : others });
    this.#changes += 1;
    const [admin = ''] = group.members;
    const isLid = group.addressing === 'lid';
    const attrs = {
      ...{
        from: id,
        type: 'w:gp2',
        id: `group-${this.#changes}`,
        t: nowS(),
        addressing_mode: group.addressing,
      },
      participant: isLid ? lidJid(admin) : phoneJid(admin),
    };
    const change = node(how, {}, [this.#participant(group, phone)]);
    this.#notify([...others, phone], node('notification', attrs, [change]));
  }

  /** The answer to a request of `xmlns="w:g2"`; undefined when it is another one. */
  answer(request: Stanza, { phone }: DeviceId): Stanza | undefined {
    const to = attr(request, 'to') ?? '';
    if (child(request, 'participating')) {
      const mine = [...this.#groups.values()].filter(({ members }) => members.includes(phone));
      return resultOf(request, [
        node(
          'groups',
          {},
          mine.map((group) => this.#view(group)),
        ),
      ]);
    }
    if (!isGroup(to) || !child(request, 'query')) return undefined;
    const group = this.#groups.get(to);
    if (group?.members.includes(phone)) return resultOf(request, [this.#view(group)]);
    const [code, text] = group ? ['403', 'forbidden'] : ['404', 'item-not-found'];
    const attrs = { id: attr(request, 'id') ?? '', type: 'error', from: S_WHATSAPP_NET };
    return node('iq', attrs, [node('error', { code, text })]);
  }

  #participant(group: Group, phone: string): Stanza {
    const [pn, lid] = [phoneJid(phone), lidJid(phone)];
    const admin = phone === group.members[0] ? { type: 'admin' } : {};
    const ids = group.addressing === 'lid' ? { jid: lid, phone_number: pn } : { jid: pn, lid };
    return node('participant', { ...ids, ...admin });
  }

  #view(group: Group): Stanza {
    const { id, subject, addressing } = group;
    return node(
      'group',
      { id, subject, creation: createdAt, s_t: createdAt, addressing_mode: addressing },
      group.members.map((phone) => this.#participant(group, phone)),
    );
  }
}
