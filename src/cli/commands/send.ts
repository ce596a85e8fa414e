/** `vigia send`: one message, with a text from an argument or from stdin, or with a file. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client, Input, Result } from '../../client/client.ts';
import { serverAddress } from '../address.ts';
import { findKey } from '../api-key.ts';
import type { Context, Register } from '../command.ts';
import { type Exit, Failure } from '../exit-codes.ts';
import { kindOfFile } from '../media-type.ts';
import { stateText } from '../message-lines.ts';
import { online } from '../online.ts';
import { messageIn, pageAddress, postTo } from '../post.ts';
import { printable } from '../terminal.ts';

interface Options {
  readonly file?: string;
  readonly reply?: string;
  readonly key?: string;
  readonly wait?: boolean;
  readonly retry?: boolean;
}
type Message = Result<'message.send'>['message'];
type Content = Pick<Input<'message.send'>, 'type' | 'text' | 'image' | 'video' | 'audio' | 'document'>;
const pollMs = 300;
/** An upload may be slow; a connection without a byte for this long is given up. */
const uploadSilenceMs = 60_000;
/** Of the text of a message, in bytes. */
const longestText = 64 * 1_024;

const exitOf = ({ state }: Message): Exit => {
  if (state === 'failed') return 'failure';
  return state === 'unknown' ? 'unknown' : 'ok';
};
const textFrom = async ({ terminal }: Context, given: string | undefined): Promise<string | undefined> => {
  if (given !== '-') return given;
  let text = '';
  for await (const part of terminal.stdin.setEncoding('utf8')) {
    text += String(part);
    if (text.length > longestText) throw new Failure('usage', 'too_long', 'the text from stdin is too long.');
  }
  return text.replace(/\r?\n$/u, ''); // of echo, and of an editor
};

/** The id of the uploaded file. Throws `Failure`. */
const upload = async (context: Context, org: string, file: string, mimeType: string): Promise<string> => {
  const facts = await stat(file).catch(() => undefined);
  if (!facts?.isFile()) throw new Failure('usage', 'no_file', `${file} is not a file that can be read.`);
  const { url, from, certificate } = serverAddress(context);
  const page = pageAddress(url);
  const isLocal = from === 'settings' || /^(localhost|127\.[\d.]+|\[::1\])$/u.test(page.hostname);
  const answer = await postTo(new URL(`v1/media?orgId=${encodeURIComponent(org)}`, page), {
    key: findKey(context, isLocal),
    certificate,
    headers: { 'content-type': mimeType, 'content-length': String(facts.size) },
    body: createReadStream(file),
    answerMs: uploadSilenceMs,
  }).catch((error: Error) => {
    throw new Failure('unreachable', 'unreachable', `${file} was not taken: ${printable(error.message)}`);
  });
  if (answer.status === 201) return (JSON.parse(answer.body) as { readonly mediaId: string }).mediaId;
  const exit = answer.status === 401 || answer.status === 403 ? 'auth' : 'failure';
  throw new Failure(exit, 'not_taken', `${file} was not taken: ${printable(messageIn(answer.body))}`);
};
const contentFrom = async (
  context: Context,
  org: string,
  text: string | undefined,
  file: string | undefined,
): Promise<Content> => {
  if (file === undefined) {
    if (text === undefined || text === '')
      throw new Failure(
        'usage',
        'no_text',
        'there is nothing to send: give a text, "-" for stdin, or --file.',
      );
    return { type: 'text', text: { body: text } };
  }
  const { type, mimeType } = kindOfFile(file);
  const media = { media: { id: await upload(context, org, file, mimeType) } };
  const caption = text === undefined || text === '' ? {} : { caption: text };
  if (type === 'audio' && text) throw new Failure('usage', 'no_caption', 'an audio file has no caption.');
  if (type === 'document') return { type, document: { ...media, ...caption, filename: basename(file) } };
  return { type, [type]: type === 'audio' ? media : { ...media, ...caption } };
};
/** The message once WhatsApp took it, or will not. */
const settled = async (client: Client, { orgId, id: messageId }: Message): Promise<Message> => {
  for (;;) {
    const { message } = await client.call('message.get', { orgId, messageId });
    if (message.state !== 'queued' && message.state !== 'sending') return message;
    await wait(pollMs);
  }
};

export const send: Register = (program, run) => {
  program
    .command('send')
    .description(
      'Sends one message. It ends when the message is accepted, or with --wait when WhatsApp has taken it.',
    )
    .argument('<org>', 'The organization that sends.')
    .argument('<to>', 'A phone number with its country code, a group (…@g.us) or a lid (…@lid).')
    .argument('[text]', 'The text, or the caption of a file. "-" reads it from stdin.')
    .option('--file <file>', 'Sends this file: a picture, a video, a sound or any document.')
    .option('--reply <id>', 'Answers this message (msg_…).')
    .option('--key <key>', 'The idempotency key: the same key with the same message is one message.')
    .option('--wait', 'Waits until WhatsApp has taken it.')
    .option('--retry', 'With --key: sends a message that is unknown, rejected or expired once more.')
    .action(
      run(async (context, orgId: string, to: string, given: string | undefined, options: Options) => {
        const { terminal } = context;
        const idempotencyKey = options.key ?? randomUUID();
        const text = await textFrom(context, given);
        return online(context, async (client) => {
          const content = await contentFrom(context, orgId, text, options.file);
          if (options.key === undefined) terminal.note(`key ${idempotencyKey}`);
          const { message: accepted, replayed } = await client.call('message.send', {
            ...{ orgId, to, idempotencyKey, ...content },
            ...(options.reply !== undefined && { replyTo: options.reply }),
            ...(options.retry && { retry: true }),
          });
          const message = options.wait ? await settled(client, accepted) : accepted;
          terminal.data({ message, replayed, idempotencyKey });
          terminal.line(`${message.id}  ${stateText(message)}`);
          if (replayed) terminal.note('The key was used before: this is the message of that call.');
          return exitOf(message);
        });
      }),
    );
};
