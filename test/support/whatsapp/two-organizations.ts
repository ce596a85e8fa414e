import {
  type AnyMessageContent,
  type AuthenticationCreds,
  normalizeMessageContent,
  type proto,
  type UserFacingSocketConfig,
  type WAMessage,
} from '@whiskeysockets/baileys';
import { until } from '../until.ts';
import { fictionalPhone, pairedCredentials } from './credentials.ts';
import { memoryKeys, RealClient } from './real-client.ts';
import { bare, lidJid, phoneJid } from './relay/address.ts';

/** What a peer received, with the parts that most tests compare. */
export interface PeerMessage {
  readonly id: string;
  /** The chat: a phone, a LID or a group, without a device. */
  readonly chat: string;
  /** The sender; in a group, the participant. */
  readonly from: string;
  /** The text or the caption; '' when there is none. */
  readonly text: string;
  readonly isOwn: boolean;
  readonly raw: WAMessage;
}

export interface PeerOptions {
  readonly phone: string;
  readonly device?: number;
  readonly name?: string;
  readonly config?: Partial<UserFacingSocketConfig>;
}

function textOf(raw: WAMessage): string {
  const content = normalizeMessageContent(raw.message);
  return content?.conversation ?? content?.extendedTextMessage?.text ?? content?.imageMessage?.caption ?? '';
}

/**
 * Bare Baileys at the other end of a conversation: it keeps its keys and what it sent through reconnects, so
 * that it reads what waited, and answers retry receipts.
 */
export class Peer {
  readonly creds: AuthenticationCreds;
  readonly phone: string;
  readonly received: PeerMessage[] = [];
  client!: RealClient;
  readonly #url: string;
  readonly #config: Partial<UserFacingSocketConfig>;
  readonly #keys = memoryKeys();
  readonly #sent = new Map<string, proto.IMessage>();

  protected constructor(url: string, { phone, device, name, config = {} }: PeerOptions) {
    this.creds = pairedCredentials({
      phone,
      ...(device !== undefined && { device }),
      ...(name !== undefined && { name }),
    });
    this.phone = phone;
    this.#url = url;
    this.#config = config;
  }

  /** A peer that is open, with its backlog through. */
  static async connect(url: string, options: PeerOptions): Promise<Peer> {
    const peer = new this(url, options);
    await peer.reconnect();
    return peer;
  }

  get jid(): string {
    return phoneJid(this.phone);
  }
  get lid(): string {
    return lidJid(this.phone);
  }

  /** Opens a connection with the same keys. */
  async reconnect(): Promise<void> {
    this.client = new RealClient(this.#url, this.creds, {
      auth: { creds: this.creds, keys: this.#keys },
      emitOwnEvents: false,
      getMessage: ({ id }) => Promise.resolve(this.#sent.get(id ?? '')),
      ...this.#config,
    });
    this.client.socket.ev.on('messages.upsert', ({ messages }) => {
      for (const raw of messages) if (raw.message) this.received.push(this.#view(raw));
    });
    await this.client.ready();
  }

  /** Sends a text or any content of Baileys, and returns the message's id. `to`: a phone or a jid. */
  async send(to: string, content: string | AnyMessageContent, messageId?: string): Promise<string> {
    const jid = to.includes('@') ? to : phoneJid(to);
    const full = typeof content === 'string' ? { text: content, linkPreview: null } : content;
    const sent = await this.client.socket.sendMessage(
      jid,
      full,
      messageId === undefined ? {} : { messageId },
    );
    const id = sent?.key.id;
    if (!id || !sent.message) throw new Error('Baileys has sent nothing');
    this.#sent.set(id, sent.message);
    return id;
  }

  /** The content of a message that it sent. */
  sent(id: string): proto.IMessage | undefined {
    return this.#sent.get(id);
  }

  /** The first message with this text or id, past or coming. */
  message(textOrId: string): Promise<PeerMessage> {
    return until(`the message ${textOrId}`, () =>
      this.received.find(({ id, text }) => id === textOrId || text === textOrId),
    );
  }

  /** Loses all Signal sessions: what comes next cannot be read, and is asked for again. */
  loseSessions(): void {
    this.#keys.forget('session');
  }

  /** Ends the connection at once; what comes now waits at the server. */
  disconnect(): void {
    this.client.terminate();
  }

  end(): Promise<void> {
    return this.client.socket.end(undefined);
  }

  #view(raw: WAMessage): PeerMessage {
    const { id, remoteJid, participant, fromMe } = raw.key;
    const chat = bare(remoteJid ?? '');
    return {
      ...{ id: id ?? '', chat, from: bare(participant || chat), text: textOf(raw) },
      ...{ isOwn: fromMe === true, raw },
    };
  }
}

/**
 * Two organizations that know nothing of each other yet. Both phones are free for `seedCredentials` as
 * well.
 */
export const organizations = {
  acme: { phone: fictionalPhone(41), name: 'Acme' },
  bistro: { phone: fictionalPhone(42), name: 'Bistro' },
} as const;

/** Both organizations online at one server, as bare Baileys. The server needs the option `relay`. */
export async function twoPeers(
  url: string,
  config: Partial<UserFacingSocketConfig> = {},
): Promise<{ readonly acme: Peer; readonly bistro: Peer }> {
  const [acme, bistro] = await Promise.all([
    Peer.connect(url, { ...organizations.acme, config }),
    Peer.connect(url, { ...organizations.bistro, config }),
  ]);
  return { acme, bistro };
}
