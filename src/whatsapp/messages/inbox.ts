/**
 * Makes each received message durable in one write with the Signal keys that its decryption used up, before
 * the client library sends the receipt after which WhatsApp forgets it (decision 15).
 *
 * The message rides on the commit of the library's own transaction, as one more kind of key. The commit hands
 * it to our `keys.set` together with the real keys. Nothing waits inside the transaction: a wait between
 * decryption and commit destroys sessions.
 */
import { createHash } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import {
  areJidsSameUser,
  type BaileysEventMap,
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  isJidNewsletter,
  isJidStatusBroadcast,
  type SignalDataSet,
  type SignalKeyStore,
  type SignalKeyStoreWithTransaction,
  type UserFacingSocketConfig,
  type WASocket,
} from '@whiskeysockets/baileys';
import type { Org } from '../../../machines/domain/ports.ts';
import type { Report } from '../socket-facts.ts';
import { type Store, StoreFault } from '../store/types.ts';
import { isForClients } from './peer.ts';
import type { ArrivedMessage, MessageDoor, StanzaRef } from './port.ts';
import type { Unreadable } from './unreadable.ts';

export interface InboxOptions {
  readonly org: Org;
  readonly door: MessageDoor;
  readonly auth: Store['auth'];
  readonly find: NonNullable<Store['find']>;
  readonly unreadable: Unreadable;
  readonly now: () => number;
  readonly report: Report;
}
/** For one socket. */
export interface Inbox {
  readonly keys: SignalKeyStore;
  readonly makeSignalRepository: NonNullable<UserFacingSocketConfig['makeSignalRepository']>;
  /** Call it when the listeners of the library are in their places. `cut` ends the connection. */
  readonly attach: (sock: WASocket, cut: (error: unknown) => void) => void;
}

/** No kind of the library: its stores never see it. */
const kind = 'vigia-arrived';
type Riding = { readonly [kind]?: Readonly<Record<string, ArrivedMessage>> };

/** One ciphertext of a stanza. */
interface Place {
  readonly attrs: Readonly<Record<string, string>>;
  readonly enc: number;
}
const refOf = ({ attrs, enc }: Place, ciphertext: Uint8Array): StanzaRef => ({
  id: attrs['id'] ?? '',
  from: attrs['from'] ?? '',
  ...(attrs['participant'] !== undefined && { participant: attrs['participant'] }),
  enc,
  digest: createHash('sha256').update(ciphertext).digest('base64url'),
});
/** Posts for everyone come in numbers, and none is a message to the organization. */
const isPost = ({ from }: StanzaRef): boolean => Boolean(isJidStatusBroadcast(from) || isJidNewsletter(from));

/** The keys of the library, and the messages that ride on them. */
const ridingKeys = ({ auth }: InboxOptions, cut: (error: unknown) => void): SignalKeyStore => ({
  get: auth.keys.get,
  set: async (data) => {
    const { [kind]: riding, ...keys } = data as SignalDataSet & Riding;
    if (riding === undefined) return auth.keys.set(data);
    try {
      await auth.keys.set(keys, Object.values(riding));
    } catch (error) {
      // the library would answer with a negative acknowledgement, and WhatsApp would forget the message
      if (!(error instanceof StoreFault) || error.code !== 'full') throw error;
      cut(error);
      await new Promise(() => {});
    }
  },
});

/** Finds the stanza of a ciphertext by the buffer itself, which the library passes on as it is. */
const rememberedStanzas = () => {
  const places = new WeakMap<object, Place>();
  return {
    of: (ciphertext: object): Place | undefined => places.get(ciphertext),
    remember: ({ attrs, content }: BinaryNode): void => {
      if (!Array.isArray(content)) return;
      for (const [enc, child] of content.entries())
        if (child.tag === 'enc' && child.content instanceof Uint8Array)
          places.set(child.content, { attrs, enc });
    },
  };
};

type Decrypt = () => Promise<Uint8Array>;
/** Decrypts so that the message is durable with the keys, or was before. */
const keeping = (options: InboxOptions, placeOf: (ciphertext: object) => Place | undefined) => {
  const { org, door, auth, find, unreadable, now, report } = options;
  const isOurs = ({ from, participant }: StanzaRef): boolean => {
    const { id, lid } = auth.creds.me ?? {};
    const author = participant ?? from;
    return areJidsSameUser(author, id) || areJidsSameUser(author, lid);
  };
  const riding = (ref: StanzaRef, { attrs }: Place, bytes: Uint8Array): SignalDataSet => {
    const plaintext = Buffer.from(bytes).toString('base64');
    const arrived: ArrivedMessage = { ...ref, attrs, plaintext, fromMe: isOurs(ref), at: now() };
    return { [kind]: { [ref.digest]: arrived } } as unknown as SignalDataSet;
  };
  /** Found when the same stanza comes again: its keys were used up, and the message was kept. */
  const keptEarlier = async (ref: StanzaRef): Promise<Uint8Array | undefined> => {
    try {
      return find(ref) ?? (await door.find(org, ref));
    } catch (error) {
      report('message.search_failed', error);
      return undefined;
    }
  };
  /** `lock`: the one that the library takes itself. Its own transaction joins this one. */
  return async (
    keys: SignalKeyStoreWithTransaction,
    ciphertext: Uint8Array,
    lock: string,
    decrypt: Decrypt,
  ): Promise<Uint8Array> => {
    const place = placeOf(ciphertext);
    if (place === undefined) return decrypt();
    const ref = refOf(place, ciphertext);
    const decryptAndKeep = async (): Promise<Uint8Array> => {
      const plaintext = await decrypt();
      // into the memory of the transaction
      if (isForClients(place.attrs, plaintext)) await keys.set(riding(ref, place, plaintext));
      return plaintext;
    };
    try {
      const isKept = door.isWanted(org) && !isPost(ref);
      const plaintext = await (isKept ? keys.transaction(decryptAndKeep, lock) : decrypt());
      unreadable.read(org, ref);
      return plaintext;
    } catch (error) {
      const kept = await keptEarlier(ref);
      if (kept !== undefined) return kept;
      unreadable.failed(org, ref, error);
      throw error;
    }
  };
};

export const createInbox = (options: InboxOptions): Inbox => {
  const { org, unreadable, report } = options;
  const stanzas = rememberedStanzas();
  const keep = keeping(options, stanzas.of);
  let cut: (error: unknown) => void = () => {};
  /** No listener may throw: that would skip the library's own, and the message would get no answer. */
  const guarded =
    <T>(listener: string, work: (value: T) => void) =>
    (value: T): void => {
      try {
        work(value);
      } catch (error) {
        report('socket.listener_failed', error, { listener });
      }
    };
  return {
    keys: ridingKeys(options, (error) => cut(error)),
    makeSignalRepository: (auth, logger, pnToLid) => {
      const theirs = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, pnToLid);
      const keys = auth.keys as SignalKeyStoreWithTransaction;
      return {
        ...theirs,
        decryptMessage: (o) => keep(keys, o.ciphertext, o.jid, () => theirs.decryptMessage(o)),
        decryptGroupMessage: (o) => keep(keys, o.msg, o.group, () => theirs.decryptGroupMessage(o)),
      };
    },
    attach: (sock, cutSocket) => {
      cut = cutSocket;
      const events = sock.ws as unknown as EventEmitter;
      // before the library's own listener, which decrypts
      const arrived = (stanza: BinaryNode): void => {
        stanzas.remember(stanza);
        unreadable.arrived(org, stanza);
      };
      events.prependListener('CB:message', guarded('CB:message', arrived));
      const emitted = ({ messages }: BaileysEventMap['messages.upsert']): void => {
        for (const { key, message } of messages) if (message) unreadable.repeated(org, key.id ?? '');
      };
      sock.ev.on('messages.upsert', guarded('messages.upsert', emitted));
    },
  };
};
