/**
 * What this room needs of the sockets. The shapes are those of `src/whatsapp/messages/port.ts`: rooms do not
 * import each other, and the compiler compares the two in `src/app/messages.ts`.
 */
import type { InboxItem, MessageReason, SendType } from '../protocol/messages.ts';

export interface StanzaRef {
  readonly id: string;
  readonly from: string;
  readonly participant?: string;
  readonly enc: number;
  readonly digest: string;
}
export interface ArrivedMessage extends StanzaRef {
  readonly attrs: Readonly<Record<string, string>>;
  readonly plaintext: string;
  readonly fromMe: boolean;
  readonly at: number;
}
export interface MessageKey {
  readonly id: string;
  readonly remoteJid: string;
  readonly fromMe: boolean;
  readonly participant?: string;
}
export interface MediaSource {
  readonly mediaId: string;
  readonly kind: 'image' | 'video' | 'audio' | 'document' | 'sticker';
  readonly directPath: string;
  readonly mediaKey: string;
  readonly fileSha256: string | null;
  readonly fileEncSha256: string | null;
  readonly bytes: number | null;
  readonly mimeType: string | null;
}
export type UnnumberedItem = InboxItem extends infer T
  ? T extends InboxItem
    ? Omit<T, 'seq'>
    : never
  : never;
export interface Folded {
  readonly items: readonly UnnumberedItem[];
  readonly media: readonly MediaSource[];
  readonly quoted: string | null;
  readonly key: MessageKey;
}
export interface SentUpdate {
  readonly whatsappId: string;
  readonly state: 'sent' | 'delivered' | 'read' | 'played' | 'failed';
  readonly statusCode?: number;
  readonly at: number;
}
export interface SendContent {
  readonly type: SendType;
  readonly text?: { readonly body: string };
  readonly media?: {
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
  readonly reply?: { readonly key: MessageKey; readonly encoded?: Uint8Array };
  readonly mentions?: readonly string[];
}
export interface Looked {
  readonly phone: string;
  readonly exists: boolean;
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
/** Sends through one socket. Calls reject with an error that `faultOf` reads. */
export interface SenderPort {
  lookUp(phones: readonly string[]): Promise<readonly Looked[]>;
  contactOf(jid: string): Promise<{ readonly phone: string | null; readonly lid: string | null }>;
  devicesOf(jid: string): Promise<number>;
  encode(content: SendContent): Promise<Uint8Array>;
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
  mute(): void;
  download(
    source: MediaSource,
    key: MessageKey,
    encoded: Uint8Array | undefined,
  ): Promise<NodeJS.ReadableStream>;
}

export type SendFaultReason = MessageReason | 'not_connected' | 'gone';
/** The reason of a `SendFault` of the sockets: certainly nothing left. Undefined for any other error. */
export const faultOf = (error: unknown): SendFaultReason | undefined => {
  if (!(error instanceof Error) || error.name !== 'SendFault') return undefined;
  return (error as Error & { readonly reason: SendFaultReason }).reason;
};
