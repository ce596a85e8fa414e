/** Why an idle session is idle, from what is known of it: for the table and for who asked it to run. */
import type { Session } from '../client/client.ts';

const notLinked = 'not linked: pair it';
const notYet = 'its credentials cannot be used yet';
/** Undefined: they would not keep it from running. What is wrong with dead ones is in `lastError`. */
const ofCredentials: Readonly<Record<Session['credentials'], string | undefined>> = {
  absent: notLinked,
  unpaired: notLinked,
  unsettled: notYet,
  unreadable: notYet,
  restorable: undefined,
  corrupt: undefined,
  revoked: undefined,
};
/** Undefined when nothing known explains it. */
export const whyIdle = ({ desired, duplicateOf, credentials }: Session): string | undefined => {
  if (desired === 'stopped') return 'stopped';
  if (duplicateOf !== null) return `the same device as "${duplicateOf}"`;
  return ofCredentials[credentials];
};
/** Never linked, as far as is known: there is nothing to unlink and nothing to keep. */
export const isUnlinked = ({ account, credentials }: Session): boolean => account === null && ofCredentials[credentials] === notLinked;
