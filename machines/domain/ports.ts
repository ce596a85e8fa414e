/**
 * What the machines need from outside: typed ports, to which `src/app/supervise.ts` connects the adapters
 * with `machine.provide`. Another client library than Baileys, or another store than the disk, plugs in here.
 * So does ownership of an organization by one of several nodes: its loss would arrive as one more fact. No
 * machine knows which adapter it has.
 */
import { type AnyEventObject, fromCallback, fromPromise } from 'xstate';
import type { Counters } from './counters.ts';
import type { Lasting, Reason } from './disconnect.ts';

/** An organization's id: the name of its directory. Use it as a key of a `Map`, never of an object. */
export type Org = string;
/**
 * The names that operators give their directories: numbers, slugs, e-mail addresses, phone numbers. An id
 * begins with a letter or a digit, so it is never hidden and never `..`. It is ASCII, so two different ids
 * never look or normalize the same. Excluded are the names that copying tools and file systems create
 * (`.tmp`, `lost+found`). Excluded as well are the devices of Windows, with every extension, because such a
 * directory could not be copied there and back. It is one expression without flags, so that the published
 * schema can use it as it is.
 */
const windowsDevice =
  '(?:[cC][oO][nN]|[pP][rR][nN]|[aA][uU][xX]|[nN][uU][lL]|[cC][oO][mM][0-9]|[lL][pP][tT][0-9])';
export const orgPattern = new RegExp(
  `^(?!${windowsDevice}(?:\\.|$))(?!lost\\+found$)(?!.*\\.[tT][mM][pP]$)[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$`,
);

/**
 * The state of the credentials in the organization's directory. `unsettled`: another process may still be
 * writing them, or they have not been unchanged for long enough to be called corrupt. `unreadable`: reading
 * failed with another error than "not there", so nothing is known about them.
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
  /** WhatsApp's status code, if it sent one. */
  readonly statusCode?: number;
  /** `banned_temporarily`: when the ban ends. */
  readonly until?: number;
  /** `exhausted`: when the session tries by itself. */
  readonly nextProbeAt?: number;
  /** `crashed`: the build of Vigía that crashed; another build may try again. */
  readonly build?: string;
  /** `conflict`: this other directory holds the same identity. */
  readonly duplicateOf?: Org;
}

/**
 * The part of a session that outlives the process: `.vigia/orgs/<org>.json`. The verdict holds only while the
 * fingerprint is that of the stored credentials. `revision` is reserved ahead on disk, so that it never goes
 * back.
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
  /**
   * Hash of the identity in the credentials; '' when there is none. Equal fingerprints are the same linked
   * device.
   */
  readonly fingerprint: string;
  /** How far the credentials are. Absent when they were not read. */
  readonly counters?: Counters;
  /** SHA-256 of `creds.json`. Absent when it was not read. */
  readonly digest?: string;
  /**
   * The credentials are older than the newest known ones of their device: it was used elsewhere since, with
   * another copy.
   */
  readonly behind?: true;
  readonly account?: Account;
  readonly record?: SessionRecord;
  /** A record exists and could not be read, so the desired state is unknown. */
  readonly recordUnreadable?: boolean;
  /**
   * A finished pairing was moved into place just now: the session is to run, even if its record says
   * otherwise.
   */
  readonly promoted?: boolean;
  /**
   * Another directory with the same identity, for which this one waits (filled in by the supervisor). When it
   * is not known which of two is newer, each waits for the other.
   */
  readonly duplicateOf?: Org;
}
export interface Scan {
  /**
   * False when the directory is not the one that was locked at start, for example after its volume was
   * unmounted.
   */
  readonly rootSeen: boolean;
  readonly startedAt: number;
  readonly found: readonly Found[];
}

/** The facts that a connection reports to its session. The client library's own types end at the adapter. */
export type ConnectionFact =
  | { readonly type: 'connection.opened'; readonly account: Account }
  /** The backlog of pending notifications has been received. */
  | { readonly type: 'connection.caughtUp' }
  | { readonly type: 'connection.pinged'; readonly ok: boolean }
  /** Messages have arrived for `deafMs`, and the client library has reported none of them. */
  | { readonly type: 'connection.deaf' }
  /** After `deaf`: the client library reports messages again. */
  | { readonly type: 'connection.heard' }
  /** Two messages in a row were written to this socket, and WhatsApp acknowledged neither in time. */
  | { readonly type: 'connection.mute' }
  | {
      readonly type: 'connection.qr';
      readonly qr: string;
      readonly attempt: number;
      readonly expiresAt: number;
    }
  | { readonly type: 'connection.code'; readonly code: string; readonly expiresAt: number }
  | {
      readonly type: 'connection.actionRequired';
      readonly action: 'passkey' | 'confirm_code';
      readonly detail: string;
    }
  /** The phone has linked the device, and its credentials are durable. */
  | { readonly type: 'connection.paired' }
  /** WhatsApp confirmed the unlink. */
  | { readonly type: 'connection.unlinked' }
  /** The credentials could not be written. The socket stays open. */
  | { readonly type: 'storage.failed' }
  | { readonly type: 'storage.recovered' }
  | {
      readonly type: 'connection.closed';
      readonly reason: Reason;
      readonly statusCode?: number;
      readonly until?: number;
    };

export type ConnectionOrder =
  /** The permit is granted: the socket may be opened now, and not before. */
  | { readonly type: 'connection.open' }
  | { readonly type: 'connection.ping' }
  /** The credentials on disk have logged in: copy them to the backup. */
  | { readonly type: 'connection.proven' }
  | { readonly type: 'connection.unlink' };

export type ConnectionInput =
  | { readonly org: Org; readonly mode: 'restore'; readonly fingerprint: string }
  | { readonly org: Org; readonly mode: 'pair'; readonly pairing: PairingRequest };
export interface PairingRequest {
  readonly id: string;
  readonly method: 'qr' | 'code';
  /** Digits with country code, for `code` only. */
  readonly phoneNumber?: string | undefined;
  /** The organization changes its number. Without it, a link to another number fails with `wrong_account`. */
  readonly replaceAccount?: boolean | undefined;
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

/** The content of a port without an adapter. It throws when it is used. */
export const unplugged = (port: string) => (): never => {
  throw new Error(`port not plugged: ${port}`);
};
export const ports = {
  /**
   * When it starts it opens nothing: it waits for `connection.open`. When it stops it disposes the socket.
   */
  connection: fromCallback<ConnectionOrder, ConnectionInput>(unplugged('connection')),
  /** Starting it asks the gate for a slot, stopping it gives the slot back. */
  permit: fromCallback<AnyEventObject, PermitInput>(unplugged('permit')),
  /** Resolves when the record is durable; rejects when it could not be written. */
  saveRecord: fromPromise<void, SaveRecordInput>(unplugged('saveRecord')),
  /** Moves a finished pairing to the organization's directory. An old directory is archived first. */
  promote: fromPromise<Found, { readonly org: Org; readonly pairingId: string }>(unplugged('promote')),
  /** Moves credentials and record out of the scanned tree. Nothing is deleted. */
  archive: fromPromise<void, { readonly org: Org }>(unplugged('archive')),
};
