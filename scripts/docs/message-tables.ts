/** The tables of `docs/integrators/MESSAGES.md`, from the code that decides. */
import { type SendFact, stateAfter } from '../../machines/sending.ts';
import { defaultPolicy as policy } from '../../src/messages/policy.ts';
import {
  type MessageReason,
  type MessageState,
  messageReasons,
  messageStates,
  receivedTypes,
  type SendType,
  sendTypes,
} from '../../src/protocol/messages.ts';

const curl = `curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json'`;
/** A call with curl. `params`: JSON. */
export const call = (method: string, params: string) => `\`\`\`sh
${curl} \\
  -d '${params}' \\
  -X POST http://127.0.0.1:3000/v1/${method}
\`\`\``;

const meanings: Readonly<Record<MessageState, string>> = {
  queued: 'It is on disk and waits: for its turn, or until the session is connected.',
  sending: 'It is being written to the connection. Lasts a moment, and causes no event.',
  sent: 'WhatsApp acknowledged it.',
  delivered: 'A device of the recipient has it. In a group: of one member.',
  read: 'The recipient read it. In a group: one member did.',
  played: 'The recipient played the voice message.',
  failed: 'It was not sent, or WhatsApp refused it. `error.reason` is the cause.',
  unknown: 'It may have been sent. `error.reason` is the cause.',
};
/** What leads from one state to another, as the page words it. */
const facts: Readonly<Record<SendFact, string>> = {
  began: 'its turn comes',
  returned: 'the connection ended before the write',
  sent: 'WhatsApp acknowledges it',
  delivered: 'a receipt',
  read: 'a receipt',
  played: 'a receipt',
  rejected: 'WhatsApp refuses it',
  refused: 'it cannot be sent',
  silent: 'no acknowledgement in time',
  interrupted: 'the server ended',
  expired: 'its time is over',
  cancelled: '`message.cancel`',
  repeated: 'your call with `retry: true`',
};
const nextOf = (state: MessageState): string => {
  const causes = new Map<MessageState, Set<string>>();
  for (const [fact, text] of Object.entries(facts)) {
    const to = stateAfter(state, fact as SendFact);
    if (to !== undefined) causes.set(to, (causes.get(to) ?? new Set()).add(text));
  }
  return [...causes].map(([to, texts]) => `\`${to}\`: ${[...texts].join(', ')}`).join('; ') || 'none';
};
export const stateRows = (): string =>
  messageStates.map((state) => `| \`${state}\` | ${meanings[state]} | ${nextOf(state)} |`).join('\n');

const repeat = 'Repeat the call with the same key and `retry: true`.';
const again = 'Send it as another message, with another key.';
const reasons: Readonly<Record<MessageReason, readonly [cause: string, action: string]>> = {
  expired: [
    'It could not be sent within `expiresInMs`: the queue was long, or the session was not connected.',
    `${repeat} Give it more time, if it stays useful for longer.`,
  ],
  timeout: ['WhatsApp did not answer the look-up before the send. Nothing left.', again],
  rejected: ['WhatsApp refused it. `error.statusCode` is its code.', repeat],
  restricted: [
    'WhatsApp restricts the account, and this contact did not write within 30 days.',
    'Wait for the end of the restriction. Do not repeat it: each attempt counts.',
  ],
  recipient_unreachable: [
    'The number is not on WhatsApp or has no device, or the account is not in the group.',
    'Check the number with `contact.exists`.',
  ],
  media_refused: ['The file could not be fetched, or is too large.', `Read \`error.message\`. ${again}`],
  cancelled: ['It was cancelled, or its contact was forgotten.', 'Nothing.'],
  no_ack: ['WhatsApp did not acknowledge it in time. State `unknown`.', `Wait for a late receipt. ${repeat}`],
  interrupted: ['The server ended while it was being written. State `unknown`.', repeat],
  internal: ['The client library failed before the write.', `Read the log. ${again}`],
};
export const reasonRows = (): string =>
  messageReasons.map((name) => `| \`${name}\` | ${reasons[name].join(' | ')} |`).join('\n');

const fields: Readonly<Record<SendType, string>> = {
  text: '`body`: 1 to 16,000 characters. No preview of links is made.',
  image: '`media`, `mimeType?`, `caption?`',
  video: '`media`, `mimeType?`, `caption?`',
  audio: '`media`, `mimeType?`, `voice?`: true shows it as a voice message; Vigía converts nothing',
  document: '`media`, `mimeType?`, `caption?`, `filename?`',
  sticker: '`media`, `mimeType?`: WebP',
  location: '`latitude`, `longitude`, `name?`, `address?`',
  contacts: '`items`: up to 20 of `{name, vcard}`',
  reaction: "`messageId`, `emoji`: '' takes it back",
  edit: '`messageId` of a message that `message.send` sent, `body`',
  delete: '`messageId`: for everyone. In a group an admin can delete the messages of others',
};
export const typeRows = (): string => sendTypes.map((type) => `| \`${type}\` | ${fields[type]} |`).join('\n');

const without: Readonly<Partial<Record<(typeof receivedTypes)[number], string>>> = {
  poll: 'The question and the votes are not read.',
  view_once: 'The content is not kept or shown.',
  unsupported: "`unsupported.field` is the name in WhatsApp's own format.",
};
export const emptyTypeRows = (): string =>
  receivedTypes
    .filter((type) => without[type] !== undefined)
    .map((type) => `- \`${type}\`: ${without[type]}`)
    .join('\n');

const hours = (ms: number): string => (ms < 3_600_000 ? `${ms / 60_000} min` : `${ms / 3_600_000} h`);
const days = (ms: number): string => `${ms / 86_400_000} days`;
const mib = (bytes: number): string => `${bytes / 1_048_576} MiB`;
const { media } = policy;
/** The numbers of the policy, in words. */
export const words = {
  acknowledged: `${policy.ackMs / 1_000} s`,
  sentKept: hours(policy.sentMs),
  receivedKept: days(policy.receivedMs),
  numberKnown: days(policy.knownNumberMs),
  numberUnknown: hours(policy.unknownNumberMs),
  newAfter: days(policy.newAfterMs),
  queued: policy.queued.toLocaleString('en'),
  queuedOfAll: policy.queuedOfAll.toLocaleString('en'),
  jitter: `${policy.pace.jitter * 100} %`,
  lowerOneIn: String(policy.pace.lowerOneIn),
  uploadKept: hours(media.keepMs),
  uploads: mib(media.storedBytes),
  uploadsOfAll: mib(media.storedBytesOfAll),
  transfers: String(media.transfers),
  transfersOfAll: String(media.transfersOfAll),
  silence: `${media.silenceMs / 1_000} s`,
} as const;
