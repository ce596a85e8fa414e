/** The reason why a session is idle, for the table and for the outcome of a command. */
import type { Session } from '../client/client.ts';

const notLinked = 'not linked: pair it';
const notYet = 'its credentials cannot be used yet';
/**
 * Undefined: the credentials are not the reason. For corrupt and revoked ones, `lastError` has the reason.
 */
const ofCredentials: Readonly<Record<Session['credentials'], string | undefined>> = {
  absent: notLinked,
  unpaired: notLinked,
  unsettled: notYet,
  unreadable: notYet,
  restorable: undefined,
  corrupt: undefined,
  revoked: undefined,
};
/** Undefined when no reason is known. */
export const whyIdle = ({ desired, duplicateOf, credentials }: Session): string | undefined => {
  if (desired === 'stopped') return 'stopped';
  if (duplicateOf !== null) return `the same device as "${duplicateOf}"`;
  return ofCredentials[credentials];
};
/**
 * Other credentials of the same device exist: here, in the directory that `duplicateOf` names, or elsewhere.
 * To remove the device on the phone would end those too.
 */
export const sharesItsDevice = ({ duplicateOf, lastError }: Session): boolean =>
  duplicateOf !== null || lastError?.reason === 'older_copy';
/** No phone was ever linked, so there is no device to unlink and there are no credentials to keep. */
export const isUnlinked = ({ account, credentials }: Session): boolean =>
  account === null && ofCredentials[credentials] === notLinked;
