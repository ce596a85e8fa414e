/**
 * How messages leave and enter this room. `src/app/messages.ts` connects it with `src/messages/`. No actor,
 * snapshot or report carries content.
 */
import type { Org } from '../../../machines/domain/ports.ts';
import type { InboxItem, MessageReason, SendType } from '../../protocol/messages.ts';

/** Which ciphertext it was. The same id with other bytes is another message. */
export interface StanzaRef {
  /** WhatsApp's id of the message. */
  readonly id: string;
  /** The jid that the stanza names: the chat. */
  readonly from: string;
  /** In a group: the sender. */
  readonly participant?: string;
  /** Which child of the stanza. */
  readonly enc: number;
  /** SHA-256 of the ciphertext, base64url. */
  readonly digest: string;
}
/** A decrypted message, durable in the journal in the same record as the keys that its decryption used up. */
export interface ArrivedMessage extends StanzaRef {
  /** The attributes of the stanza. */
  readonly attrs: Readonly<Record<string, string>>;
  /** The padded plaintext, base64. */
  readonly plaintext: string;
  /** One of the organization's own devices sent it. */
  readonly fromMe: boolean;
  /** When it arrived, in epoch milliseconds. */
  readonly at: number;
}
/** Download details of received media. They are content: stored with the same bounds, never logged. */
export interface MediaSource {
  readonly mediaId: string;
  readonly kind: 'image' | 'video' | 'audio' | 'document' | 'sticker';
  /** The path on WhatsApp's media hosts. A host that the sender names is never used. */
  readonly directPath: string;
  /** base64 */
  readonly mediaKey: string;
  readonly fileSha256: string | null;
  readonly fileEncSha256: string | null;
  readonly bytes: number | null;
  readonly mimeType: string | null;
}
/**
 * What one arrived message means: entries of the inbox (without their number), and the media that they name.
 * Computed by `fold.ts`, purely.
 */
export type UnnumberedItem = InboxItem extends infer T
  ? T extends InboxItem
    ? Omit<T, 'seq'>
    : never
  : never;
export interface Folded {
  readonly items: readonly UnnumberedItem[];
  readonly media: readonly MediaSource[];
  /** The encoded `proto.Message` (base64), for replies to it. Null when nothing may be kept of it. */
  readonly quoted: string | null;
  /** What a reply to this message, a reaction or a read mark needs. */
  readonly key: {
    readonly id: string;
    readonly remoteJid: string;
    readonly fromMe: boolean;
    readonly participant?: string;
  };
}

/** What an acknowledgement or a receipt of WhatsApp means for a message that we sent. */
export interface SentUpdate {
  readonly whatsappId: string;
  readonly state: 'sent' | 'delivered' | 'read' | 'played' | 'failed';
  /** `failed`: WhatsApp's code, for example 463 or 479. */
  readonly statusCode?: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Everything that the sockets need from the rest of the program about messages. */
export interface MessageDoor {
  /** False: no client wants messages of this organization, and no content is kept. */
  isWanted(org: Org): boolean;
  /** The padded plaintext that was kept earlier for the same ciphertext and is no longer in the journal. */
  find(org: Org, ref: StanzaRef): Promise<Uint8Array | undefined>;
  /** Messages that are durable in the journal. Resolves when they are in the database. May repeat. */
  take(org: Org, arrived: readonly ArrivedMessage[]): Promise<void>;
  /** A message that cannot be decrypted, after all repeats. */
  unreadable(org: Org, ref: Omit<StanzaRef, 'enc' | 'digest'>, why: string): void;
  /** The encoded `proto.Message` that was sent under this id, for a recipient that asks again. */
  sentContent(org: Org, whatsappId: string): Promise<Uint8Array | undefined>;
  /** Resolves when it is durable, or need not be: WhatsApp's receipt is answered only then. */
  updated(org: Org, update: SentUpdate): Promise<void>;
  /** WhatsApp restricts the account until then (epoch milliseconds; null: unknown), or does no longer. */
  restricted(org: Org, restriction: { readonly until: number | null } | null): void;
}

/** A message that another one refers to: a reply, a reaction, an edit or a deletion. */
export interface MessageKey {
  readonly id: string;
  readonly remoteJid: string;
  readonly fromMe: boolean;
  readonly participant?: string;
}
/** What is to be sent, with every reference resolved. */
export interface SendContent {
  readonly type: SendType;
  readonly text?: { readonly body: string };
  readonly media?: {
    /** A file of ours: never a name or an address that a client gave. */
    readonly file: string;
    readonly mimeType: string;
    readonly caption?: string;
    readonly filename?: string;
    readonly voice?: boolean;
  };
  readonly location?: { latitude: number; longitude: number; name?: string; address?: string };
  readonly contacts?: readonly { readonly name: string; readonly vcard: string }[];
  readonly reaction?: { readonly key: MessageKey; readonly emoji: string };
  readonly edit?: { readonly key: MessageKey; readonly body: string };
  readonly delete?: { readonly key: MessageKey };
  /** `encoded`: the quoted `proto.Message`, if it is known. */
  readonly reply?: { readonly key: MessageKey; readonly encoded?: Uint8Array };
  /** Jids. */
  readonly mentions?: readonly string[];
}

/** `gone`: received media that WhatsApp has forgotten, and that the phone did not upload again. */
export type SendFaultReason = MessageReason | 'not_connected' | 'gone';
/**
 * A call that failed before anything was written to the socket. Its message is constant text: it holds
 * neither content nor an address.
 */
export class SendFault extends Error {
  override readonly name = 'SendFault';
  readonly reason: SendFaultReason;
  constructor(reason: SendFaultReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

export interface Looked {
  /** As it was asked for. */
  readonly phone: string;
  readonly exists: boolean;
  /** The jid that WhatsApp answered, for the form of the number that it knows. */
  readonly jid: string | null;
  readonly lid: string | null;
}
export interface GroupView {
  readonly id: string;
  readonly subject: string;
  readonly participants: readonly {
    readonly phone: string | null;
    readonly lid: string | null;
    readonly isAdmin: boolean;
  }[];
}
/** Sends through the organization's present socket. Every call rejects with `SendFault` when it has ended. */
export interface Sender {
  /**
   * Asks WhatsApp for each number as it is given, and then for its other national form. Rejects with
   * `timeout` after 10 s.
   */
  lookUp(phones: readonly string[]): Promise<readonly Looked[]>;
  /** The other id of a contact, if the session knows it. */
  contactOf(jid: string): Promise<{ readonly phone: string | null; readonly lid: string | null }>;
  /** Number of devices of the recipient. 0: it cannot be reached. Rejects with `timeout` after 10 s. */
  devicesOf(jid: string): Promise<number>;
  /** The encoded `proto.Message`. Uploads media first. */
  encode(content: SendContent): Promise<Uint8Array>;
  /**
   * Writes it to the socket; resolves when it was written, not when WhatsApp took it. `type` decides the
   * attributes of the stanza. Rejects with `SendFault` only when certainly nothing left.
   */
  transmit(message: {
    readonly whatsappId: string;
    readonly jid: string;
    readonly encoded: Uint8Array;
    readonly type: SendType;
  }): Promise<void>;
  markRead(keys: readonly MessageKey[]): Promise<void>;
  typing(jid: string, state: 'composing' | 'recording' | 'paused'): Promise<void>;
  groups(): Promise<readonly GroupView[]>;
  group(id: string): Promise<GroupView | undefined>;
  /** Two sends without an acknowledgement: ends the connection with reason `mute`, once in ten minutes. */
  mute(): void;
  /** The bytes of received media, verified against their hash: the stream fails at its end if they differ. */
  download(
    source: MediaSource,
    key: MessageKey,
    encoded: Uint8Array | undefined,
  ): Promise<NodeJS.ReadableStream>;
}
