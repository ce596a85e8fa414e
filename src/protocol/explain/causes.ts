/** What brought a change about, in words that finish the sentence "It came to this because …". */
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
/** Every `cause` that a session can tell. */
export type Cause = Event | `after.${Delay}` | 'adopted' | 'pairing.completed';

export const causeWords: Readonly<Record<Cause, string>> = {
  adopted: 'it was taken up, at the start or when its directory appeared',
  'pairing.completed': 'a pairing was completed',
  'session.restore': 'someone had it restored',
  'session.retry': 'someone had it tried at once',
  'session.stop': 'someone stopped it',
  'session.pair': 'someone began to pair it',
  'session.cancelPairing': 'someone called the pairing off',
  'session.logout': 'someone logged it out',
  'connection.opened': 'WhatsApp let it in',
  'connection.caughtUp': 'what had been waiting for it at WhatsApp has arrived',
  'connection.pinged': 'WhatsApp answered our ping',
  'connection.deaf': 'it kept receiving messages of which the client library told nothing',
  'connection.heard': 'the client library told of messages again',
  'connection.qr': 'WhatsApp asked for a QR',
  'connection.code': 'WhatsApp gave a pairing code',
  'connection.actionRequired': 'WhatsApp wants something to be done on the phone',
  'connection.paired': 'the phone linked it',
  'connection.unlinked': 'WhatsApp confirmed that it was unlinked',
  'connection.closed': 'the connection ended',
  'storage.failed': 'its credentials could not be written to the disk',
  'storage.recovered': 'its credentials could be written to the disk again',
  'permit.granted': 'it was its turn',
  'credentials.seen': 'its directory was looked at and had changed',
  'after.connect': 'it could not connect in time',
  'after.verify': 'it had waited long enough for what was underway to it',
  'after.pingEvery': 'it was time to ask whether it is well',
  'after.pingDeadline': 'WhatsApp did not answer our ping',
  'after.pingAgain': 'it was time to ask again whether it is well',
  'after.pairing': 'nobody finished the pairing in time',
  'after.handover': 'the pairing was finished',
  'after.unlink': 'WhatsApp did not confirm the logout in time',
  'after.stable': 'it has been connected for a while',
  'after.backoff': 'the wait after its last failure was over',
  'after.probe': 'it was time to try it once more',
  'after.banEnds': 'its ban was over',
};
/** Undefined for a cause that this version does not know. */
export const causeText = (cause: string | null): string | undefined =>
  cause !== null && Object.hasOwn(causeWords, cause)
    ? `It came to this because ${causeWords[cause as Cause]}.`
    : undefined;
