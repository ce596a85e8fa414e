/**
 * What the control API needs from the rest of the program. `src/app/control.ts` connects it; tests use a
 * stub.
 */

import type { SessionCommand } from '../../machines/domain/commands.ts';
import type { Reason } from '../../machines/domain/disconnect.ts';
import type { Org } from '../../machines/domain/ports.ts';
import type { PairingUpdate, SessionView, State } from '../../machines/domain/view.ts';
import type { Answer } from '../../machines/supervisor/execute-command.ts';
import type { LogEvent } from '../base/log-events.ts';
import type { Alert } from '../protocol/alerts.ts';
import type { EventData, MessageEventType } from '../protocol/events.ts';

export interface Supervision {
  list(): readonly SessionView[];
  get(org: Org): SessionView | undefined;
  /**
   * Resolves after the session accepted the command and its record is durable (or with `durable: false`). It
   * rejects only for a fault of ours.
   */
  command(org: Org, command: SessionCommand): Promise<CommandAnswer>;
  /** False while the disk refuses the record of the session: a restart would undo the last command. */
  isSaved(org: Org): boolean;
  /** The QR or code that is still valid, for late subscribers of the topic `pairing`. */
  pairingOf(org: Org): PairingUpdate | undefined;
  /** True from the moment shutdown begins: commands are refused without involving the session. */
  draining(): boolean;
}

export interface Alerts {
  /** The alerts that are firing, and those that were resolved lately. */
  list(): readonly Alert[];
  /**
   * `until` in epoch milliseconds; null ends the silence. Resolves when it is durable, with undefined when no
   * such alert is firing.
   */
  silence(fingerprint: string, until: number | null): Promise<Alert | undefined>;
}

/** A pairing link. Times are epoch milliseconds. */
export interface LinkView {
  readonly linkId: string;
  readonly org: Org;
  readonly method: 'qr' | 'code' | null;
  readonly name: string | null;
  readonly language: string | null;
  readonly returnUrl: string | null;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly starts: number;
  readonly maxStarts: number;
  readonly outcome: LinkOutcome | null;
  readonly endedAt: number | null;
}
export type LinkOutcome = 'completed' | 'expired' | 'revoked' | 'used_up';
export type LinkOrder = Pick<
  LinkView,
  'org' | 'method' | 'name' | 'language' | 'returnUrl' | 'createdBy' | 'expiresAt'
>;
/** What a page without a key gets for its token. `in_use`: another page holds the link. */
export type LinkVisit =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'in_use' }
  | { readonly kind: 'open' | 'ended'; readonly link: LinkView; readonly visit: string };
export interface LinkAttempt {
  readonly pairingId: string;
  readonly phase: 'waiting' | 'linking' | 'failed';
  readonly reason: Reason | null;
}
export interface PairingLinks {
  /** Undefined when the organization has too many open links. */
  create(order: LinkOrder): Promise<{ readonly link: LinkView; readonly url: string } | undefined>;
  list(): Promise<readonly LinkView[]>;
  /** False when it had ended before. */
  revoke(linkId: string): Promise<boolean>;
  /** `visit`: what the page got before. */
  enter(token: string, visit: string | undefined): Promise<LinkVisit>;
  attemptOf(linkId: string): LinkAttempt | undefined;
  start(
    token: string,
    visit: string,
    order: { readonly method: 'qr' | 'code'; readonly phoneNumber?: string | undefined },
  ): Promise<
    | LinkVisit
    | { readonly ok: true }
    | { readonly ok: false; readonly code: string; readonly message: string }
  >;
}

/** The answer to a command, as the machines give it. */
export type CommandAnswer = Answer;

interface SessionChange {
  readonly org: Org;
  readonly view: SessionView;
  readonly previousState: State | null;
  readonly cause: string;
  readonly durable: boolean;
}
/** An event as the feed takes it. Times are epoch milliseconds. */
export type DomainEvent =
  | ({ readonly type: 'session.created' } & SessionChange)
  | ({ readonly type: 'session.updated' } & SessionChange)
  | { readonly type: 'session.removed'; readonly org: Org; readonly revision: number }
  | { readonly type: 'pairing.updated'; readonly org: Org; readonly update: PairingUpdate }
  /** `id`: the same when it is published again after a crash. */
  | { readonly type: 'alert.firing' | 'alert.resolved'; readonly id: string; readonly alert: Alert }
  | {
      readonly type: 'pairing.linkEnded';
      readonly org: Org;
      readonly linkId: string;
      readonly outcome: LinkOutcome;
    }
  | MessageDomainEvent
  | { readonly type: 'server.draining'; readonly deadline: number };
/** `id`: the same when it is published again after a crash. `at`: when its row became durable. */
export type MessageDomainEvent = {
  readonly [T in MessageEventType]: {
    readonly type: T;
    readonly id: string;
    readonly at: number;
    readonly org: Org;
    readonly data: EventData<T>;
  };
}[MessageEventType];

/** The fields that may be logged. Absent on purpose: params, frames, headers, keys, query strings. */
export type LogFields = {
  readonly connectionId?: string;
  readonly keyId?: string;
  readonly requestId?: string;
  readonly method?: string;
  readonly reason?: string;
  readonly closeCode?: number;
  readonly remoteAddress?: string;
  readonly port?: number;
  /** The caught error of a fault of ours. */
  readonly err?: unknown;
};
export type ControlLog = (event: LogEvent, fields: LogFields) => void;
