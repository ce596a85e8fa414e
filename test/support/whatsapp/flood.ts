/** Stanzas of which a server can send many. */
import { randomBytes } from 'node:crypto';
import { proto } from '@whiskeysockets/baileys';
import { fictionalPhone } from './credentials.ts';
import { node, nowS, type Stanza } from './stanza.ts';

const sender = `${fictionalPhone(99)}@s.whatsapp.net`;

/**
 * `undecryptable`: for a Signal session that the device does not have. `readable`: of a newsletter, which
 * sends plain text. Each is acknowledged once.
 */
export type FloodKind = 'undecryptable' | 'readable';

export const floodStanza = (kind: FloodKind, n: number, bytes: number, isOffline = false): Stanza => {
  const attrs = {
    id: `FLOOD${n}`,
    t: nowS(),
    type: 'text',
    from: kind === 'readable' ? '120363000000000001@newsletter' : sender,
    ...(isOffline ? { offline: '1' } : {}),
  };
  if (kind === 'undecryptable')
    return node('message', attrs, [node('enc', { v: '2', type: 'msg' }, randomBytes(bytes))]);
  const message = proto.Message.encode({ conversation: 'x'.repeat(bytes) }).finish();
  return node('message', attrs, [node('plaintext', {}, message)]);
};
