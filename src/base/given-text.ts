/**
 * Text that a person or another program wrote for us: a variable of the environment, or a file. Where the
 * meaning is certain it is normalised; otherwise a sentence says what is wrong. Every setting is read through
 * this file.
 */
import { markedEncoding } from './text.ts';

/** Why bytes are no text. The message is the end of a sentence about the file. */
export class NoText extends Error {
  override readonly name = 'NoText';
}

/** The text of a file, without its mark and with the line ends of Linux. Throws `NoText`. */
export const decodeText = (bytes: Uint8Array): string => {
  const encoding = markedEncoding(bytes) ?? 'utf-8';
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new NoText(`is not ${encoding.toUpperCase()} text: save it as UTF-8`);
  }
  if (text.includes('\0'))
    throw new NoText('holds zero bytes, as UTF-16 without a mark does: save it as UTF-8');
  return text.replaceAll('\r\n', '\n');
};

/** Without the blanks, line ends and byte order marks around it, which no value of ours has. */
export const trimmed = (text: string): string => text.trim();

const quotes = /^(?:".*"|'.*'|[“”„‘’«»].*[“”‘’«»])$/su;
/**
 * Why a value cannot be meant; undefined when it can. `docker --env-file` keeps quotes, and a value in quotes
 * may be a key with quotes. The text is the end of a sentence that begins with the name, and repeats nothing.
 */
export const faultOfText = (text: string): string | undefined => {
  if (quotes.test(text)) return 'is in quotes, which are kept here: remove them';
  if (/\p{Cc}/u.test(text)) return 'holds a line end or another control character: remove it';
  return undefined;
};

/**
 * Why a path cannot be meant. Only a shell replaces `~` and `$HOME`; an env file or systemd does not. A path
 * that differs by a blank or a carriage return names another place, so it is not trimmed.
 */
export const faultOfPath = (text: string): string | undefined => {
  const fault = faultOfText(trimmed(text));
  if (fault !== undefined) return fault;
  if (text !== trimmed(text))
    return 'begins or ends with a blank, a carriage return or a byte order mark: remove it';
  if (/^~/.test(text)) return 'begins with ~, which only a shell replaces: write the whole path';
  if (/^\$|\$\{|^%[A-Z_]+%/i.test(text))
    return 'holds the name of a variable, which only a shell replaces: write the whole path';
  if (/^[A-Za-z]:[\\/]|^\\\\/.test(text)) return 'is a path of Windows: write a path of Linux';
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) return 'is an address (URL): write a path';
  return undefined;
};
