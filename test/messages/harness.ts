/**
 * The room of messages on a table in memory, with a clock of its own, sockets of a test, and a disk that may
 * refuse.
 */
import { afterEach, vi } from 'vitest';
import { memoryTable } from '../../src/database/memory-table.ts';
import { DatabaseFault, type Table } from '../../src/database/table.ts';
import type { Accepted, SendOrder } from '../../src/messages/accept.ts';
import type { MessageEvent } from '../../src/messages/events-port.ts';
import { type MessagesOptions, openMessages } from '../../src/messages/messages.ts';
import { defaultPolicy } from '../../src/messages/policy.ts';
import type { ArrivedMessage, Folded, MediaSource } from '../../src/messages/ports.ts';
import { digestOf } from '../../src/messages/rows.ts';
import type { ReceivedMessage, SentMessage } from '../../src/protocol/messages.ts';
import { advanceSlowly, onVirtualTime } from '../machines/fake-clock.ts';
import { memoryDisk } from '../support/memory-disk.ts';
import { FakeSender } from './fake-sender.ts';

export { onVirtualTime };
export const advance = advanceSlowly;

export const textOf = ({ plaintext }: Pick<ArrivedMessage, 'plaintext'>) =>
  Buffer.from(plaintext, 'base64').toString();
/** A message from a person, whose content is its text. */
export const arrivedOf = (id: string, text: string, from = '34600111222@s.whatsapp.net'): ArrivedMessage => ({
  id,
  from,
  enc: 0,
  digest: `digest of ${id} ${text}`,
  attrs: {},
  plaintext: Buffer.from(text).toString('base64'),
  fromMe: false,
  at: 1,
});
export const messageIdOf = (org: string, from: string, id: string): string =>
  `msg_${digestOf(org, from, id)}`;
const personOf = (jid: string) => ({ phone: jid.split('@')[0] ?? null, lid: null });
export const fold = (org: string, arrived: ArrivedMessage): readonly Folded[] => {
  const { id, from } = arrived;
  const contact = { ...personOf(from), lid: arrived.attrs['lid'] ?? null };
  const key = { id, remoteJid: from, fromMe: false };
  const text = textOf(arrived);
  if (text === 'nothing') return [];
  const mediaId = `med_${org}_${id}`;
  const message: ReceivedMessage = {
    id: messageIdOf(org, from, id),
    whatsappId: id,
    direction: 'incoming',
    chat: { id: contact.phone ?? from, kind: 'person' },
    contact,
    pushName: 'Ana',
    type: 'text',
    text: { body: text },
    replyTo: text.startsWith('re:') ? { id: null, whatsappId: text.slice(3) } : null,
    mentions: [],
    forwarded: false,
    isEphemeral: false,
    wasOffline: false,
    timestamp: '2026-01-15T03:35:00.000Z',
  };
  const source: MediaSource = {
    ...{ mediaId, directPath: '/x', mediaKey: 'k', fileSha256: null, fileEncSha256: null },
    ...{ kind: 'image', bytes: 3, mimeType: 'image/png' },
  };
  const quoted = Buffer.from(`quoted ${text}`).toString('base64');
  const media = text === 'media' ? [source] : [];
  return [{ items: [{ type: 'message.received', message }], media, quoted, key }];
};

export class World {
  readonly rows: Table = memoryTable();
  readonly logged: string[] = [];
  readonly fields: unknown[] = [];
  readonly dropped: number[] = [];
  /** Announced events, each once; and how often each was announced. */
  readonly events = new Map<string, MessageEvent>();
  announcements = 0;
  readonly needed = new Set<string>();
  /** Every event is one that a webhook waits for. */
  isNeeded = true;
  sender: FakeSender | undefined = new FakeSender();
  state: string | undefined = 'connected';
  isFull = false;
  isDurable = true;
  /** The number of writes until the process ends: the next ones are never made. */
  writesLeft = Number.POSITIVE_INFINITY;
  writes = 0;
  /** How far the wall clock was set. */
  wallMs = 0;
  secret: Uint8Array = Buffer.alloc(32, 7);
  refusesEvents = false;
  #lives = 0;
  #rooms: Awaited<ReturnType<typeof openMessages>>[] = [];

  table(isDead: () => boolean = () => false): Table {
    return {
      get: (key) => this.rows.get(key),
      range: (range) => this.rows.range(range),
      write: async (changes) => {
        await Promise.resolve();
        if (this.isFull) throw new DatabaseFault('ENOSPC', undefined);
        if (this.writesLeft <= 0 || isDead()) return new Promise(() => {});
        this.writesLeft -= 1;
        this.writes += 1;
        await this.rows.write(changes);
      },
    };
  }
  /** As after a kill: what the room before did not write is lost, and it does nothing more. */
  async open(over: Partial<MessagesOptions> = {}) {
    const start = Date.now();
    const life = (this.#lives += 1);
    const isDead = () => life !== this.#lives;
    const room = await openMessages({
      table: this.table(isDead),
      isDurable: () => this.isDurable,
      disk: memoryDisk({}),
      mediaDirectory: '/media',
      secret: this.secret,
      policy: defaultPolicy,
      sender: () => (isDead() ? undefined : this.sender),
      sessionState: () => this.state,
      isWanted: () => true,
      fold,
      sink: {
        announce: async (events) => {
          if (isDead()) return new Promise(() => {});
          if (this.refusesEvents) throw new DatabaseFault('ENOSPC', undefined);
          this.announcements += events.length;
          for (const event of events) this.events.set(event.id, event);
        },
        isNeeded: () => this.isNeeded,
      },
      fetch: () => Promise.reject(new Error('no network')),
      onDropped: (_, count) => void this.dropped.push(count),
      onRestriction: () => {},
      now: () => Date.now() + 1_800_000_000_000 + this.wallMs,
      elapsed: () => Date.now() - start,
      random: () => 0.5,
      log: (event, fields) => {
        this.logged.push(event);
        this.fields.push(fields);
      },
      ...over,
    });
    this.#rooms.push(room);
    await room.start();
    return room;
  }
  /** The types of the announced events, in order. */
  types(): readonly string[] {
    return [...this.events.values()].map(({ ref }) => ref.type);
  }
  close(): void {
    for (const room of this.#rooms) void room.close();
    vi.clearAllTimers();
  }
}
/** The message of an answer that is no refusal. */
export const acceptedIn = (answer: object): SentMessage => {
  if ('replayed' in answer) return (answer as unknown as Accepted).message;
  throw new Error(JSON.stringify(answer));
};
export const orderOf = (key: string, over: Partial<SendOrder> = {}): SendOrder => ({
  org: 'acme',
  principal: 'backend',
  idempotencyKey: key,
  to: '34600111222',
  type: 'text',
  content: { body: `text of ${key}` },
  priority: 'normal',
  expiresInMs: 60_000,
  waitFor: 'accepted',
  retry: false,
  ...over,
});
const worlds: World[] = [];
export const worldOf = (): World => {
  const world = new World();
  worlds.push(world);
  return world;
};
afterEach(() => {
  for (const world of worlds.splice(0)) world.close();
});
