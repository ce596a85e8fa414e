/**
 * Sends through one socket. What WhatsApp makes of it is read from its own stanzas, because the client
 * library's `sendMessage` resolves whatever becomes of a message (WHATSAPP-FACTS.md#sent-means-written).
 */
import { type BinaryNode, isJidGroup, proto, type WASocket } from '@whiskeysockets/baileys';
import { createLimit, type Limit } from '../../base/limit.ts';
import type { LibraryLogger } from '../library-log.ts';
import type { ProxyRoute } from '../proxy.ts';
import { type Call, createCalls, type Deadlines, faultOf, notConnected, usualDeadlines } from './calls.ts';
import { attributesOf, encodeContent } from './content.ts';
import { addressOf, decrypted, fetchEncrypted } from './download.ts';
import { type GroupCache, groupView } from './groups.ts';
import { createMediaHosts, type MediaHosts } from './media-hosts.ts';
import { type MediaSource, type MessageKey, type Sender, SendFault } from './port.ts';
import { contactOf, devicesOf, findGroup, lookUp } from './recipients.ts';
import { askForUpload } from './reupload.ts';

/** Uploads at a time of one organization: each keeps one temporary file. Our own choice. */
const uploadsAtOnce = 2;
export interface SenderDeps {
  readonly sock: WASocket;
  readonly groups: GroupCache;
  /** True while this socket is the organization's connection. */
  readonly isOpen: () => boolean;
  readonly mute: () => void;
  /** Bounds the uploads of all organizations. */
  readonly uploads: Limit;
  readonly proxy: ProxyRoute | undefined;
  /** For what the library logs during an upload. */
  readonly logger: LibraryLogger;
  /** The client library failed, at this place of its code. For the log. */
  readonly failed?: ((at: string) => void) | undefined;
  /** Another server than WhatsApp's: its media hosts may have any name. */
  readonly isOtherServer: boolean;
  readonly deadlines?: Deadlines | undefined;
}

/**
 * The library reads the length of this empty list immediately before it hands the stanza to the socket. Until
 * then nothing has left, and an error here prevents that anything does: WHATSAPP-FACTS.md#hand-over.
 */
const onHandOver = (last: () => void): BinaryNode[] =>
  new Proxy<BinaryNode[]>([], {
    get: (list, name) => {
      if (name === 'length') last();
      return Reflect.get(list, name) as unknown;
    },
  });

interface Calling extends SenderDeps {
  readonly call: Call;
  readonly deadlines: Deadlines;
  readonly mediaHosts: MediaHosts;
}

const transmit =
  ({ sock, groups, isOpen, call, deadlines }: Calling): Sender['transmit'] =>
  async ({ whatsappId, jid, encoded, type }) => {
    // inside the send, a question that WhatsApp does not answer would keep all other sends waiting
    if (isJidGroup(jid)) await call(() => devicesOf(sock, groups, jid), deadlines.lookUpMs);
    let stanza: 'waits' | 'is dropped' | 'left' = 'waits';
    const additionalNodes = onHandOver(() => {
      if (stanza === 'is dropped' || !isOpen()) throw notConnected();
      stanza = 'left';
    });
    const hasLeft = (): boolean => stanza === 'left';
    const relay = async () => {
      const message = proto.Message.decode(encoded);
      const additionalAttributes = attributesOf(type, message);
      await sock.relayMessage(jid, message, { messageId: whatsappId, additionalAttributes, additionalNodes });
    };
    try {
      await call(relay, deadlines.transmitMs);
    } catch (error) {
      if (hasLeft()) throw new Error('the message may have left', { cause: error });
      stanza = 'is dropped';
      throw faultOf(error);
    }
  };

const download =
  (calling: Calling): Sender['download'] =>
  async (source: MediaSource, key: MessageKey) => {
    const { sock, call, deadlines, mediaHosts, proxy } = calling;
    const host = await call(() => mediaHosts.host(), deadlines.lookUpMs);
    const fetched = (path: string) => fetchEncrypted(addressOf(host, path), proxy?.fetchOptions ?? {});
    const found = await fetched(source.directPath);
    if (found) return decrypted(source, found);
    const again = await fetched(await askForUpload(sock, call, source, key, deadlines.reuploadMs));
    if (again) return decrypted(source, again);
    throw new SendFault('gone', 'WhatsApp no longer has this file.');
  };

export interface OpenSender {
  readonly sender: Sender;
  /** Every call that is under way rejects: the socket has ended. */
  end(): void;
}
export const createSender = (deps: SenderDeps): OpenSender => {
  const { sock, groups, isOpen, uploads, deadlines = usualDeadlines } = deps;
  const { call, end } = createCalls(isOpen, deps.failed);
  const mediaHosts = createMediaHosts({ ...deps, deadlineMs: deadlines.lookUpMs });
  const calling = { ...deps, call, deadlines, mediaHosts };
  const ownUploads = createLimit(uploadsAtOnce);
  const ask = <T>(work: () => Promise<T>): Promise<T> => call(work, deadlines.lookUpMs);
  const sender: Sender = {
    lookUp: (phones) => ask(() => lookUp(sock, phones)),
    contactOf: (jid) => ask(() => contactOf(sock, jid)),
    devicesOf: async (jid) => (await ask(() => devicesOf(sock, groups, jid))).length,
    encode: (content) => {
      const encode = () =>
        call(() => encodeContent({ sock, groups, upload: mediaHosts.upload }, content), deadlines.uploadMs);
      return content.media ? ownUploads(() => uploads(encode)) : encode();
    },
    transmit: transmit(calling),
    markRead: (keys) => ask(() => sock.readMessages([...keys])),
    // never `available`, which WhatsApp's own apps send first: it would silence the phone
    // (WHATSAPP-FACTS.md#own-presence)
    typing: (jid, state) => ask(() => sock.sendPresenceUpdate(state, jid)),
    groups: () => ask(() => groups.views(sock)),
    group: async (id) => {
      const found = await ask(() => findGroup(sock, groups, id));
      return found && groupView(found);
    },
    mute: deps.mute,
    download: download(calling),
  };
  return { sender, end };
};
