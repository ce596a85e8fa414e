import { S_WHATSAPP_NET } from '@whiskeysockets/baileys';
import type { SessionFault } from './faults.ts';
import type { Link } from './link.ts';
import { node, type Stanza } from './stanza.ts';

/** `<stream:error>` as WhatsApp sends it (WHATSAPP-FACTS.md#close-codes). */
export function streamError({
  code,
  conflict,
  child,
}: Extract<SessionFault, { kind: 'stream-error' }>): Stanza {
  const other = child ? [node(child)] : undefined;
  const inner = conflict ? [node('conflict', { type: conflict })] : other;
  return node('stream:error', code === undefined ? {} : { code: String(code) }, inner);
}

export const failure = (reason: number, attrs: Readonly<Record<string, string>> = {}): Stanza =>
  node('failure', { reason: String(reason), location: 'frc', ...attrs });

/** What a blow does to the wire. Muting is no matter of the wire: the session stops answering. */
export function land(link: Link, sessionFault: Exclude<SessionFault, { kind: 'mute' }>): void {
  switch (sessionFault.kind) {
    case 'stream-error':
      link.lastWord(streamError(sessionFault));
      break;
    case 'failure':
      link.lastWord(failure(sessionFault.reason, sessionFault.attrs));
      break;
    case 'xmlstreamend':
      link.lastWord(node('xmlstreamend'));
      break;
    case 'downgrade':
      link.lastWord(node('ib', { from: S_WHATSAPP_NET }, [node('downgrade_webclient')]));
      break;
    case 'cut':
      link.cut(sessionFault.how);
      break;
    case 'freeze':
      link.freeze();
      break;
    case 'garbage':
      link.garbage(sessionFault.what);
      break;
  }
}
