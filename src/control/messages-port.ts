/** What the control API needs about messages. `src/app/messages.ts` connects it with `src/messages/`. */
import type { Readable } from 'node:stream';
import type { Org } from '../../machines/domain/ports.ts';
import type { InboxItem, MessageState, Restriction, SendType, SentMessage } from '../protocol/messages.ts';

export interface SendOrder {
  readonly org: Org;
  /** Scopes the idempotency key: a rotated API key stays the same caller. */
  readonly principal: string;
  readonly idempotencyKey: string;
  readonly to: string;
  readonly type: SendType;
  /** The object of the type's name, as it was parsed. */
  readonly content: unknown;
  readonly replyTo?: string | undefined;
  readonly mentions?: readonly string[] | undefined;
  readonly priority: 'high' | 'normal' | 'low';
  readonly expiresInMs: number;
  readonly waitFor: 'accepted' | 'sent';
  /** Repeats an `unknown`, `rejected` or `expired` message under the same WhatsApp id. */
  readonly retry: boolean;
}
/** Refusals of a call; the handler makes an error answer of each. */
export type SendRefusal =
  | {
      readonly refused: 'idempotency_conflict' | 'unavailable' | 'not_found' | 'media_refused';
      readonly message: string;
    }
  | { readonly refused: 'invalid_params'; readonly path: string; readonly message: string }
  | { readonly refused: 'invalid_state'; readonly message: string; readonly state: string }
  | { readonly refused: 'queue_full'; readonly message: string; readonly retryAfterMs: number }
  | { readonly refused: 'recipient_unreachable'; readonly message: string }
  | { readonly refused: 'restricted'; readonly message: string; readonly until: number | null }
  | { readonly refused: 'timeout'; readonly message: string; readonly sent: SentMessage };
export const isRefusal = <T extends object>(answer: T | SendRefusal): answer is SendRefusal =>
  'refused' in answer;

export interface ContactAnswer {
  readonly phone: string;
  readonly exists: boolean;
  readonly jid: string | null;
  readonly lid: string | null;
}
export interface GroupAnswer {
  readonly id: string;
  readonly subject: string;
  readonly participants: readonly {
    readonly phone: string | null;
    readonly lid: string | null;
    readonly isAdmin: boolean;
  }[];
}
export interface MessageCounts {
  readonly queued: number;
  readonly sending: number;
  readonly unknown: number;
  readonly sent24h: number;
  readonly received24h: number;
  readonly lastSentAt: number | null;
  readonly lastReceivedAt: number | null;
  readonly restriction: Restriction | null;
}

export interface Messages {
  send(
    order: SendOrder,
  ): Promise<{ readonly message: SentMessage; readonly replayed: boolean } | SendRefusal>;
  get(org: Org, id: string): SentMessage | undefined;
  /** Newest first. */
  list(
    org: Org,
    page: {
      readonly state?: MessageState | undefined;
      readonly before?: string | undefined;
      readonly limit: number;
    },
  ): {
    readonly items: readonly SentMessage[];
    readonly next: string | null;
  };
  cancel(org: Org, id: string): Promise<SentMessage | SendRefusal>;
  inbox(
    org: Org,
    page: { readonly after: number; readonly limit: number },
  ): { readonly items: readonly InboxItem[]; readonly last: number };
  markRead(org: Org, ids: readonly string[]): Promise<number | SendRefusal>;
  typing(
    org: Org,
    to: string,
    state: 'composing' | 'recording' | 'paused',
    ms: number,
  ): Promise<undefined | SendRefusal>;
  exists(org: Org, phones: readonly string[]): Promise<readonly ContactAnswer[] | SendRefusal>;
  groups(org: Org): Promise<readonly GroupAnswer[] | SendRefusal>;
  group(org: Org, id: string): Promise<GroupAnswer | undefined | SendRefusal>;
  /** Erases all content of a contact. Resolves with the number of messages. */
  forget(org: Org, contact: string): Promise<number>;
  counts(org: Org): MessageCounts;
  /** A file from the client, for an hour. */
  upload(
    org: Org,
    file: { readonly mimeType: string; readonly bytes: number; readonly body: Readable },
  ): Promise<
    | {
        readonly mediaId: string;
        readonly bytes: number;
        readonly sha256: string;
        readonly expiresAt: number;
      }
    | SendRefusal
  >;
  /** Received media. Undefined: unknown, or not of this organization. */
  download(
    mediaId: string,
    mayRead: (org: Org) => boolean,
  ): Promise<
    | {
        readonly mimeType: string | null;
        readonly bytes: number | null;
        readonly filename: string | null;
        readonly body: Readable;
      }
    | SendRefusal
    | undefined
  >;
}
