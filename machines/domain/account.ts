/** Is this still the same number? A link to another one is the commonest accident of pairing: whoever was at hand scanned the QR. */
import type { Account } from './ports.ts';

/** The digits of `<phone>:<device>@s.whatsapp.net`; an agent may stand behind them (`_1`, `.1`). Undefined for an id of another kind. */
const numberOf = (account: Account | undefined): string | undefined =>
  account && /^(\d+)(?:[._]\d+)?(?::\d+)?@s\.whatsapp\.net$/u.exec(account.id)?.[1];

/** False when one of the two is not known: nothing is held against anybody without knowing. */
export const isOtherNumber = (before: Account | undefined, now: Account | undefined): boolean => {
  const [was, is] = [numberOf(before), numberOf(now)];
  return was !== undefined && is !== undefined && was !== is;
};
