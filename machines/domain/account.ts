/**
 * Compares two accounts by phone number. Linking another number than before is the commonest accident of
 * pairing: the QR code is scanned with the wrong phone.
 */
import type { Account } from './ports.ts';

/**
 * The digits of `<phone>:<device>@s.whatsapp.net`. An agent may follow them (`_1`, `.1`). Undefined for an id
 * of another kind.
 */
const numberOf = (account: Account | undefined): string | undefined =>
  account && /^(\d+)(?:[._]\d+)?(?::\d+)?@s\.whatsapp\.net$/u.exec(account.id)?.[1];

/** False when one of the two numbers is unknown: a session is never blocked on a guess. */
export const isOtherNumber = (before: Account | undefined, now: Account | undefined): boolean => {
  const was = numberOf(before);
  const is = numberOf(now);
  return was !== undefined && is !== undefined && was !== is;
};
