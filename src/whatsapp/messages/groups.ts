/**
 * What WhatsApp said about groups, for five minutes, so that not every message to a group asks for its
 * members: WhatsApp answers too many questions with 429 (WHATSAPP-FACTS.md#group-lookups).
 */
import { type GroupMetadata, isLidUser, jidDecode, type WASocket } from '@whiskeysockets/baileys';
import { type Bounds, ExpiringMap } from '../expiring-map.ts';
import type { GroupView } from './port.ts';

/** Our own choice. An outdated list is harmless for a while: members without the key ask for a resend. */
const bounds: Bounds = { most: 200, holdsMs: 5 * 60_000 };
const lists: Bounds = { most: 1, holdsMs: bounds.holdsMs };

const userOf = (jid: string | undefined): string | null => jidDecode(jid)?.user ?? null;
export const groupView = ({ id, subject, participants }: GroupMetadata): GroupView => ({
  id,
  subject,
  participants: participants.map((member) => {
    const lid = isLidUser(member.id) ? member.id : member.lid;
    const phone = isLidUser(member.id) ? member.phoneNumber : member.id;
    return { phone: userOf(phone), lid: lid ?? null, isAdmin: typeof member.admin === 'string' };
  }),
});

type Source = Pick<WASocket, 'ev' | 'groupMetadata' | 'groupFetchAllParticipating'>;

/** Made before its socket, which reads it. */
export class GroupCache {
  readonly #groups = new ExpiringMap<GroupMetadata>(bounds);
  readonly #lists = new ExpiringMap<Promise<readonly GroupView[]>>(lists);

  /** For the client library's option `cachedGroupMetadata`. */
  known(id: string): GroupMetadata | undefined {
    return this.#groups.get(id);
  }
  forget(id: string): void {
    this.#groups.delete(id);
    this.#lists.clear();
  }
  /** Forgets a group when WhatsApp reports a change of it. */
  follow({ ev }: Source): void {
    ev.on('groups.update', (updates) => {
      for (const { id, participants } of updates) {
        // the library emits its own list of all groups, which is no change
        if (id !== undefined && participants === undefined) this.forget(id);
      }
    });
    ev.on('group-participants.update', ({ id }) => this.forget(id));
  }
  async find(sock: Source, id: string): Promise<GroupMetadata> {
    const known = this.#groups.get(id);
    if (known) return known;
    const found = await sock.groupMetadata(id);
    this.#groups.set(id, found);
    return found;
  }
  /** Concurrent callers share one question. */
  views(sock: Source): Promise<readonly GroupView[]> {
    const known = this.#lists.get('all');
    if (known) return known;
    const asked = this.#ask(sock);
    this.#lists.set('all', asked);
    return asked;
  }
  async #ask(sock: Source): Promise<readonly GroupView[]> {
    try {
      return Object.values(await sock.groupFetchAllParticipating()).map(groupView);
    } catch (error) {
      this.#lists.clear();
      throw error;
    }
  }
}
