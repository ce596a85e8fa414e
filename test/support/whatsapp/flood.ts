/** Stanzas of which a server can send many. */
import { randomBytes } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
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

/** `bytes` zeros in little more than a thousandth of them, as a compressed stanza. */
export const bomb = (bytes: number): Buffer => {
  const blockBytes = 16 * 1024 * 1024;
  // after a full flush a block does not refer to what is before it, so it can be repeated
  const block = deflateRawSync(Buffer.alloc(blockBytes), { finishFlush: constants.Z_FULL_FLUSH });
  const [compressed, zlibHeader, lastBlock] = [Buffer.of(2), Buffer.of(0x78, 0x9c), Buffer.of(3, 0)];
  const blocks = Array.from({ length: Math.ceil(bytes / blockBytes) }, () => block);
  return Buffer.concat([compressed, zlibHeader, ...blocks, lastBlock]);
};
