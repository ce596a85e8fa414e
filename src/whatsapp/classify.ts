/**
 * Maps the error of a closed connection to one of our reasons. The order: a refused upgrade, errors that are
 * known by their text, our own faults (without a number), then WhatsApp's numbers. Only the error of a
 * `connection.update`
 * with `connection: 'close'` is classified, because errors of single requests carry the same numbers and mean
 * something else.
 */
import type { Reason } from '../../machines/domain/disconnect.ts';
import { DiskFault } from '../disk/disk.ts';
import { ProxyFault } from './proxy.ts';
import { StoreFault } from './store/types.ts';

/** Why a connection ended. */
export interface ConnectionEnd {
  readonly reason: Reason;
  readonly statusCode?: number;
  /** Epoch milliseconds; only for `banned_temporarily`, when WhatsApp said so. */
  readonly until?: number;
}

/** WhatsApp's numbers (WHATSAPP-FACTS.md#close-codes); a number that is not here is `unknown`. */
const byCode: ReadonlyMap<number, Reason> = new Map([
  [401, 'revoked'],
  [402, 'banned_temporarily'],
  [403, 'locked'], // account locked, or the main device is gone
  [405, 'outdated'], // client version too old
  [406, 'locked'], // banned
  [408, 'timeout'],
  [428, 'network'],
  [440, 'conflict'], // another login with the same credentials
  [503, 'server_busy'],
  [515, 'restart_required'],
]);

interface BoomLike {
  readonly message?: unknown;
  readonly data?: unknown;
  readonly output?: { readonly statusCode?: unknown };
}
const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/**
 * When a temporary ban ends. whatsmeow reads `expire` as seconds left, other clients as unix time: anything
 * above a billion is an epoch (in 2001), anything below is a duration (31 years).
 */
export const banEndsAt = (expire: unknown, now: number): number | undefined => {
  const seconds = Number(expire);
  if (expire === undefined || !Number.isFinite(seconds) || seconds <= 0) return undefined;
  return seconds > 1e9 ? seconds * 1000 : now + seconds * 1000;
};

/**
 * The handshake's certificates were not WhatsApp's: another server answered in its place, or WhatsApp has new
 * roots.
 */
export const isForeignServer = (error: unknown): boolean => {
  const { message, output } = asRecord(error) as BoomLike;
  return output?.statusCode === 400 && typeof message === 'string' && /certificat(e|ion)/.test(message);
};

/**
 * An error that no network and no server causes: a programming error, or the store behind the library's keys.
 */
const ownFault = (error: unknown): Reason | undefined => {
  if (error instanceof StoreFault || error instanceof DiskFault) return 'storage';
  return error instanceof TypeError || error instanceof ReferenceError ? 'internal' : undefined;
};

/**
 * `httpStatus`: the answer to a refused upgrade, which the library itself never reports. `now` in epoch
 * milliseconds.
 */
export const classify = (error: unknown, now: number, httpStatus?: number): ConnectionEnd => {
  // an edge or a proxy answered, not WhatsApp: never a verdict on the account
  if (httpStatus !== undefined) return { reason: 'network', statusCode: httpStatus };
  const { message, data, output } = asRecord(error) as BoomLike;
  const text = typeof message === 'string' ? message : '';
  const code = typeof output?.statusCode === 'number' ? output.statusCode : undefined;
  // whatever its number: a TLS error arrives as 500
  if (text.startsWith('WebSocket Error')) return { reason: data instanceof ProxyFault ? 'proxy' : 'network' };
  // another server: no verdict on the account
  if (isForeignServer(error)) return { reason: 'network', statusCode: 400 };
  if (text === 'QR refs attempts ended') return { reason: 'pairing_expired' };
  if (text === 'Connection was lost') return { reason: 'network', statusCode: 408 };
  if (code === undefined) return { reason: ownFault(error) ?? 'network' };
  const reason = byCode.get(code) ?? 'unknown';
  const until = reason === 'banned_temporarily' ? banEndsAt(asRecord(data)['expire'], now) : undefined;
  return until === undefined ? { reason, statusCode: code } : { reason, statusCode: code, until };
};
