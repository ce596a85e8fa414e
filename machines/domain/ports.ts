/**
 * What the machines need of the world: typed holes, plugged with `machine.provide` in `src/app/supervise.ts`. Another engine than
 * Baileys, another store than the disk, or ownership of an organization by one of several nodes (its loss would arrive as one
 * more fact) plugs in here; no machine knows which it is.
 */
import { type AnyEventObject, fromCallback, fromPromise } from 'xstate';
import type { Lasting, Reason } from './disconnect.ts';

/** An organization's id: the name of its directory. Only ever a key of a `Map`, never of an object. */
export type Org = string;
/**
 * What operators' directories really look like: numbers, slugs, e-mail addresses, phone numbers. It begins with a letter or a
 * digit, so it is never hidden and never `..`; and it is ASCII, so two different ids never look or normalize the same. Not among
 * them: what copying tools and file systems make (`.tmp`, `lost+found`), and Windows' devices, whatever their extension, since
 * such a directory could not be copied there and back. One expression without flags, so that the published schema is the same.
 */
export const orgPattern =
  /^(?!(?:[cC][oO][nN]|[pP][rR][nN]|[aA][uU][xX]|[nN][uU][lL]|[cC][oO][mM][0-9]|[lL][pP][tT][0-9])(?:\.|$))(?!lost\+found$)(?!.*\.[tT][mM][pP]$)[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/;

/**
 * What lies in the organization's directory. `unsettled`: somebody may still be writing, or it has not been unchanged for long
 * enough to be called corrupt. `unreadable`: an error other than "not there", so nothing is known about it.
 */
export type Stored = 'absent' | 'unpaired' | 'unsettled' | 'unreadable' | 'restorable' | 'corrupt';

export interface Account {
  /** `<phone>:<device>@s.whatsapp.net` */
  readonly id: string;
  readonly name: string | null;
}

/** Why a session is `failed`. Times are epoch milliseconds. */
export interface Verdict {
  readonly reason: Lasting;
  readonly at: number;
  /** WhatsApp's number, if it gave one. */
  readonly statusCode?: number;
  /** `banned_temporarily`: when it ends. */
  readonly until?: number;
  /** `exhausted`: when it tries by itself. */
  readonly nextProbeAt?: number;
  /** `crashed`: by which build of ours; another build may try again. */
  readonly build?: string;
  /** `conflict`: the same identity lies in this other directory. */
  readonly duplicateOf?: Org;
}

/**
 * What outlives the process: `.vigia/orgs/<org>.json`. The verdict holds only while the fingerprint is that of the stored
 * credentials. `revision` is reserved ahead on disk, so that it never goes back.
 */
export interface SessionRecord {
  readonly desired: 'running' | 'stopped';
  readonly fingerprint: string;
  readonly verdict?: Verdict;
  readonly account?: Account;
  readonly lastConnectedAt?: number;
  readonly revision: number;
  readonly firstSeen: number;
}

/** One directory as a scan found it. */
export interface Found {
  readonly org: Org;
  readonly stored: Stored;
  /** Hash of the identity in the credentials; '' when there is none. Equal fingerprints are the same linked device. */
  readonly fingerprint: string;
  readonly account?: Account;
  readonly record?: SessionRecord;
  /** The record is there and could not be read: nothing may be assumed about what was desired. */
  readonly recordUnreadable?: boolean;
  /** A finished pairing was moved into place just now: it is to run, whatever the record said before. */
  readonly promoted?: boolean;
  /** The same identity already belongs to this other directory (filled in by the supervisor). */
  readonly duplicateOf?: Org;
}
export interface Scan {
  /** False when the directory is not the one we locked at start (an unmounted volume, say). */
  readonly rootSeen: boolean;
  readonly startedAt: number;
  readonly found: readonly Found[];
}

/** What a connection may tell its session. The client library's shapes stop at the adapter. */
export type ConnectionFact =
  | { readonly type: 'connection.opened'; readonly account: Account }
  | { readonly type: 'connection.caughtUp' } // the backlog of pending notifications has been received
  | { readonly type: 'connection.pinged'; readonly ok: boolean }
  | { readonly type: 'connection.deaf' } // for long enough, messages have been arriving of which the client library tells nothing
  | { readonly type: 'connection.heard' } // after that: it tells of one again
  | { readonly type: 'connection.qr'; readonly qr: string; readonly attempt: number; readonly expiresAt: number }
  | { readonly type: 'connection.code'; readonly code: string; readonly expiresAt: number }
  | { readonly type: 'connection.actionRequired'; readonly action: 'passkey' | 'confirm_code'; readonly detail: string }
  | { readonly type: 'connection.paired' } // and everything is durable
  | { readonly type: 'connection.unlinked' } // WhatsApp confirmed the unlink
  | { readonly type: 'storage.failed' } // credentials could not be written; the socket lives on
  | { readonly type: 'storage.recovered' }
  | { readonly type: 'connection.closed'; readonly reason: Reason; readonly statusCode?: number; readonly until?: number };

export type ConnectionOrder =
  | { readonly type: 'connection.open' } // only now may a socket be opened; the permit has been granted
  | { readonly type: 'connection.ping' }
  | { readonly type: 'connection.proven' } // what lies on disk has logged in: keep it as the backup
  | { readonly type: 'connection.unlink' };

export type ConnectionInput =
  | { readonly org: Org; readonly mode: 'restore'; readonly fingerprint: string }
  | { readonly org: Org; readonly mode: 'pair'; readonly pairing: PairingRequest };
export interface PairingRequest {
  readonly id: string;
  readonly method: 'qr' | 'code';
  /** Digits with country code, for `code` only. */
  readonly phoneNumber?: string;
  /** The organization gets another number than it had; without it, a link to another one is frozen. */
  readonly replaceAccount?: boolean;
}

export type PermitFact = { readonly type: 'permit.granted'; readonly counts: boolean };
export interface PermitInput {
  readonly org: Org;
  readonly urgent: boolean;
}
export interface SaveRecordInput {
  readonly org: Org;
  readonly record: SessionRecord;
}

/** What stands in a hole that nobody plugged. */
export const unplugged = (port: string) => (): never => {
  throw new Error(`port not plugged: ${port}`);
};
export const ports = {
  /** Starting it opens nothing: it waits for `connection.open`. Stopping it disposes the socket. */
  connection: fromCallback<ConnectionOrder, ConnectionInput>(unplugged('connection')),
  /** Starting it asks the gate for a slot, stopping it gives the slot back. */
  permit: fromCallback<AnyEventObject, PermitInput>(unplugged('permit')),
  /** Resolves when the record is durable; rejects when it could not be made so. */
  saveRecord: fromPromise<void, SaveRecordInput>(unplugged('saveRecord')),
  /** Moves a finished pairing into the organization's place (an old directory is archived first). */
  promote: fromPromise<Found, { readonly org: Org; readonly pairingId: string }>(unplugged('promote')),
  /** Moves credentials and record out of the scanned tree. Nothing is ever deleted. */
  archive: fromPromise<void, { readonly org: Org }>(unplugged('archive')),
};
