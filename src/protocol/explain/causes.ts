/** The cause of a change, as the end of the sentence "This happened because …". */
import type { SessionCommand } from '../../../machines/domain/commands.ts';
import type { ConnectionFact, PermitFact } from '../../../machines/domain/ports.ts';

type Event = SessionCommand['type'] | ConnectionFact['type'] | PermitFact['type'] | 'credentials.seen';
type Delay =
  | 'connect'
  | 'verify'
  | 'pingEvery'
  | 'pingDeadline'
  | 'pingAgain'
  | 'pairing'
  | 'handover'
  | 'unlink'
  | 'stable'
  | 'backoff'
  | 'probe'
  | 'banEnds';
/** Every `cause` that a session can report. */
export type Cause = Event | `after.${Delay}` | 'adopted' | 'pairing.completed';

export const causeWords: Readonly<Record<Cause, string>> = {
  adopted: 'it was loaded, at the start or when its directory appeared',
  'pairing.completed': 'a pairing was completed',
  'session.restore': 'an operator restored it',
  'session.retry': 'an operator retried it',
  'session.stop': 'an operator stopped it',
  'session.pair': 'an operator started a pairing',
  'session.cancelPairing': 'an operator cancelled the pairing',
  'session.logout': 'an operator logged it out',
  'connection.opened': 'WhatsApp accepted the login',
  'connection.caughtUp': 'its backlog of messages has arrived',
  'connection.pinged': 'WhatsApp answered our ping',
  'connection.deaf': 'messages arrived, but the client library reported none',
  'connection.heard': 'the client library reported messages again',
  'connection.mute': 'WhatsApp acknowledged neither of two messages',
  'connection.qr': 'WhatsApp asked for a QR',
  'connection.code': 'WhatsApp gave a pairing code',
  'connection.actionRequired': 'WhatsApp requires an action on the phone',
  'connection.paired': 'the phone linked it',
  'connection.unlinked': 'WhatsApp confirmed that it was unlinked',
  'connection.closed': 'the connection ended',
  'storage.failed': 'its credentials could not be written to the disk',
  'storage.recovered': 'its credentials could be written to the disk again',
  'permit.granted': 'its turn came',
  'credentials.seen': 'a scan found that its directory had changed',
  'after.connect': 'it could not connect in time',
  'after.verify': 'it waited long enough for its backlog',
  'after.pingEvery': 'it was time for a ping',
  'after.pingDeadline': 'WhatsApp did not answer our ping',
  'after.pingAgain': 'it was time for another ping',
  'after.pairing': 'the pairing was not finished in time',
  'after.handover': 'the pairing was finished',
  'after.unlink': 'WhatsApp did not confirm the logout in time',
  'after.stable': 'it has been connected for a while',
  'after.backoff': 'the wait after its last failure was over',
  'after.probe': 'it was time for a probe',
  'after.banEnds': 'its ban was over',
};
/** Undefined for a cause that this version does not know. */
export const causeText = (cause: string | null): string | undefined =>
  cause !== null && Object.hasOwn(causeWords, cause)
    ? `This happened because ${causeWords[cause as Cause]}.`
    : undefined;
