import { type BinaryNode, decodeBinaryNode, encodeBinaryNode, S_WHATSAPP_NET } from '@whiskeysockets/baileys';

export type Stanza = BinaryNode;

export const encodeStanza = (stanza: Stanza): Buffer => encodeBinaryNode(stanza);
export const decodeStanza = (bytes: Buffer): Promise<Stanza> => decodeBinaryNode(bytes);

export const node = (tag: string, attrs: Record<string, string> = {}, content?: Stanza['content']): Stanza =>
  content === undefined ? { tag, attrs } : { tag, attrs, content };

export const children = (stanza: Stanza | undefined): readonly Stanza[] =>
  stanza && Array.isArray(stanza.content) ? stanza.content : [];

export const child = (stanza: Stanza | undefined, tag: string): Stanza | undefined =>
  children(stanza).find((one) => one.tag === tag);

export const attr = (stanza: Stanza | undefined, name: string): string | undefined => stanza?.attrs[name];

/** The bytes inside a node, or none when it holds nodes or nothing. */
export const bytesOf = (stanza: Stanza | undefined): Buffer | undefined => {
  const content = stanza?.content;
  if (content === undefined || Array.isArray(content)) return undefined;
  return Buffer.from(content);
};

/** The `<iq type="result">` that answers a request. */
export const resultOf = (request: Stanza, content?: Stanza[]): Stanza =>
  node('iq', { id: attr(request, 'id') ?? '', type: 'result', from: S_WHATSAPP_NET }, content);

export const nowS = (): string => String(Math.floor(Date.now() / 1000));
