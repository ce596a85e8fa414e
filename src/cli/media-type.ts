/** How a file is sent, by the end of its name. */
import { extname } from 'node:path';

type Kind = 'image' | 'video' | 'audio' | 'document';
/** What WhatsApp shows in the chat (Cloud API, "Supported media types"). Anything else is a document. */
const kinds: Readonly<Record<string, readonly [type: Kind, mimeType: string]>> = {
  '.jpg': ['image', 'image/jpeg'],
  '.jpeg': ['image', 'image/jpeg'],
  '.png': ['image', 'image/png'],
  '.mp4': ['video', 'video/mp4'],
  '.3gp': ['video', 'video/3gpp'],
  '.aac': ['audio', 'audio/aac'],
  '.amr': ['audio', 'audio/amr'],
  '.mp3': ['audio', 'audio/mpeg'],
  '.m4a': ['audio', 'audio/mp4'],
  '.ogg': ['audio', 'audio/ogg; codecs=opus'],
  '.pdf': ['document', 'application/pdf'],
  '.txt': ['document', 'text/plain'],
};
export const kindOfFile = (file: string): { readonly type: Kind; readonly mimeType: string } => {
  const [type, mimeType] = kinds[extname(file).toLowerCase()] ?? ['document', 'application/octet-stream'];
  return { type, mimeType };
};
