import type { Verdict } from './devices.ts';

/**
 * The reasons after which a client must not come back with the same credentials (WHATSAPP-FACTS.md#code-401
 * and after it).
 */
const deadReasons: ReadonlySet<number> = new Set([401, 402, 403, 406]);
const temporaryBan = 402;
/**
 * `expire` of a 402 is read as epoch seconds above this, else as seconds from now: both readings are in use
 * (WHATSAPP-FACTS.md#ban-expiry).
 */
const epochSecondsFrom = 1e9;

/** The verdict that a `<failure>` with this reason means; undefined when the credentials stay good. */
export function verdictOf(reason: number, attrs: Readonly<Record<string, string>> = {}): Verdict | undefined {
  if (!deadReasons.has(reason)) return undefined;
  const { expire: given } = attrs as { readonly expire?: string };
  const expire = Number(given ?? Number.NaN);
  if (reason !== temporaryBan || Number.isNaN(expire)) return { reason };
  return { reason, untilMs: expire > epochSecondsFrom ? expire * 1000 : Date.now() + expire * 1000 };
}

export const inForce = (reported: Verdict | undefined): boolean =>
  reported !== undefined && (reported.untilMs === undefined || Date.now() < reported.untilMs);
