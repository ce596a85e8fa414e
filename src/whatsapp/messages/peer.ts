/** Messages of the category `peer`: what our own devices send each other. */
import { proto, unpadRandomMax16 } from '@whiskeysockets/baileys';

/** The answers of our phone that repeat messages. */
export const repetitionsIn = (message: proto.IMessage): readonly Uint8Array[] => {
  const response = message.protocolMessage?.peerDataOperationRequestResponseMessage;
  return (response?.peerDataOperationResult ?? []).flatMap(
    ({ placeholderMessageResendResponse: repeated }) => repeated?.webMessageInfoBytes ?? [],
  );
};
/**
 * False for keys, settings and history: a history holds what others wrote before any client wanted it.
 * `plaintext` is padded.
 */
export const isForClients = (attrs: Readonly<Record<string, string>>, plaintext: Uint8Array): boolean => {
  if (attrs['category'] !== 'peer') return true;
  try {
    return repetitionsIn(proto.Message.decode(unpadRandomMax16(plaintext))).length > 0;
  } catch {
    return false; // the library cannot read it either
  }
};
