/**
 * The public view of a session. It keeps four facts apart: the operator's wish (`desired`), the files on disk
 * (`credentials`), the machine's state (`state`), and the health of a connection (`liveness`).
 */
import type { Reason } from './disconnect.ts';
import type { Account, Org } from './ports.ts';

export const states = ['idle', 'restoring', 'pairing', 'connected', 'retrying', 'failed'] as const;
export type State = (typeof states)[number];
export const credentialsWords = [
  'absent',
  'unpaired',
  'unsettled',
  'unreadable',
  'restorable',
  'corrupt',
  'revoked',
] as const;
export type Credentials = (typeof credentialsWords)[number];
export const livenesses = ['healthy', 'suspect', 'deaf'] as const;
export type Liveness = (typeof livenesses)[number];
/** Where a restore is: waiting for a slot of the gate, opening its socket, or being proven. */
export type Step = 'queued' | 'connecting' | 'verifying';

/** Times are epoch milliseconds. */
export interface SessionView {
  readonly org: Org;
  readonly state: State;
  readonly step: Step | null;
  readonly desired: 'running' | 'stopped';
  readonly credentials: Credentials;
  /**
   * `suspect`: a ping went unanswered, or credentials cannot be written. `deaf`: messages arrive, and none is
   * reported. Null unless connected.
   */
  readonly liveness: Liveness | null;
  /** False while its credentials cannot be written. */
  readonly writable: boolean;
  /** Grows with every change, also across restarts. */
  readonly revision: number;
  readonly since: number;
  /** Consecutive failures, forgiven after ten stable minutes. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly nextRetryAt: number | null;
  readonly lastConnectedAt: number | null;
  readonly lastError: LastError | null;
  readonly account: Account | null;
  /** Another directory holds the same identity: this one opens no socket. */
  readonly duplicateOf: Org | null;
  readonly pairing: {
    readonly id: string;
    readonly method: 'qr' | 'code';
    readonly expiresAt: number;
  } | null;
}
export interface LastError {
  readonly reason: Reason;
  readonly statusCode?: number;
  readonly at: number;
}

export type PairingUpdate =
  | {
      readonly status: 'qr';
      readonly pairingId: string;
      readonly qr: string;
      readonly attempt: number;
      readonly expiresAt: number;
    }
  | { readonly status: 'code'; readonly pairingId: string; readonly code: string; readonly expiresAt: number }
  | {
      readonly status: 'action_required';
      readonly pairingId: string;
      readonly action: 'passkey' | 'confirm_code';
      readonly detail: string;
    }
  | {
      readonly status: 'completed' | 'expired' | 'cancelled' | 'failed';
      readonly pairingId: string;
      readonly reason: Reason | null;
    };

/** The events that a session emits. `durable: false`: its record could not be written. */
export type SessionReport =
  | {
      readonly type: 'session.reported';
      readonly org: Org;
      readonly view: SessionView;
      /** Null in the first report of a session. */
      readonly previousState: State | null;
      /** The first report of an organization without a record: it was unknown before. */
      readonly created: boolean;
      /** The event that caused the change, for example `connection.closed` or `session.stop`. */
      readonly cause: string;
      readonly durable: boolean;
    }
  | { readonly type: 'pairing.reported'; readonly org: Org; readonly update: PairingUpdate };
