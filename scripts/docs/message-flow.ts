/** The parts of `docs/integrators/MESSAGES.md` about what happens on the way. */
import { messageSettings } from '../../src/config/messages.ts';
import { call, emptyTypeRows, words } from './message-tables.ts';

const settings = Object.entries(messageSettings).map(
  ([name, schema]) => `| \`${name}\` | \`${schema.parse(undefined)}\` | ${schema.description ?? ''} |`,
);
const toCustomer = '"orgId":"acme","to":"34600111222"';
const invoice = '"document":{"media":{"id":"med_1"},"filename":"invoice.pdf"}';
const invoiceKey = '"idempotencyKey":"invoice-881"';

export const pacing = (): string => `## Order and pace

- **To one recipient** messages of one priority leave in the order in which they were accepted, one at a time.
  The next leaves when WhatsApp acknowledged the one before, or did not within ${words.acknowledged}. Use one
  form of the recipient: a number and its lid are two lines.
- **To different recipients** there is no order.
- **\`priority\`:** \`high\` before \`normal\` before \`low\`. One of ${words.lowerOneIn} starts goes to a
  lower one.
- **A message waits** while the session is \`restoring\` or \`retrying\`, until \`expiresInMs\` is over (60 s
  by default, a day at most). \`message.cancel\` ends it while it is \`queued\`.
- **A full queue** is \`rate_limited\` with \`retryAfterMs\`: at ${words.queued} messages of an
  organization, or ${words.queuedOfAll} of all.

WhatsApp publishes no limit, and restricts accounts that write to many strangers. So each organization sends
at a pace, and each wait varies by ${words.jitter}. A *new contact* neither wrote nor was written to within
${words.newAfter}. A group is never new.

| setting | default | meaning |
|---|---|---|
${settings.join('\n')}

**Restriction.** When WhatsApp restricts the account, new messages to contacts that did not write within
${words.newAfter} are refused with \`restricted\` and \`until\`. Other chats go on, and the session stays
connected. \`message.counts\` shows the restriction, and the alert \`SendingRestricted\` fires once.
`;

export const receiving = (): string => `## Receive

| event | meaning |
|---|---|
| \`message.received\` | A message arrived. |
| \`message.sent_elsewhere\` | The organization sent one from another device, as a person on the phone. |
| \`message.changed\` | A message was edited, deleted for everyone, or got a reaction. |
| \`message.unreadable\` | A message arrived and cannot be read, also after a minute of repeats. |
| \`message.updated\` | A message of \`message.send\` has another state. |
| \`contact.linked\` | WhatsApp showed that a number and a lid, both known before, are one contact. |

**Nothing that WhatsApp considers received is lost,** while a receiver wants messages
([opt-in](#privacy-and-retention)). A message is on disk before WhatsApp gets the receipt,
so a kill or a full disk costs none. In return a receiver may get one twice:

- **Webhooks:** the same event has the same \`webhook-id\`, at every attempt and after any crash. Store it
  under a unique key, in the transaction of the work.
- **\`seq\`** counts the entries of an organization's inbox, without gaps. Webhooks arrive in any order, so
  sort by \`seq\`. Read what is missing with \`inbox.list\`.
- **WebSocket:** the topic \`messages\` gives events at most once beyond what can be
  [resumed](PROTOCOL.md#resume). Read the rest with \`inbox.list\`.
- **\`message.id\`** is the same for the same message, also when WhatsApp delivers it again. Repeats are
  dropped for ${words.receivedKept}.

A body has at most 64 KiB. A longer one has shorter texts and \`truncated: true\`; \`inbox.list\` has the
whole. \`wasOffline\` is true for what waited at WhatsApp while the session was away. \`replyTo.id\` and
\`change.messageId\` are null when that message is not known here. These types have no content:

${emptyTypeRows()}
`;

export const media = (): string => `## Media

**Send by upload**, for files of your own. The answer has \`mediaId\`, which can be used for
${words.uploadKept}, several times, until Vigía stops:

\`\`\`sh
curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/pdf' \\
  --data-binary @invoice.pdf 'http://127.0.0.1:3000/v1/media?orgId=acme'
\`\`\`

${call('message.send', `{${toCustomer},"type":"document",${invoice},${invoiceKey}}`)}

**Send by address:** \`"media":{"url":"https://…"}\`. Vigía fetches it when the turn of the message
comes. It follows no redirect, and refuses addresses inside your network unless
\`WEBHOOK_ALLOWED_NETWORKS\` has them.

**Receive:** the event has type, size and \`mediaId\`, and never the bytes. Fetch them within
${words.receivedKept}, while the session is connected:

\`\`\`sh
curl --fail-with-body -H "Authorization: Bearer $KEY" -o received http://127.0.0.1:3000/v1/media/med_2
\`\`\`

- The bytes come from WhatsApp's own hosts at each request. Vigía keeps no received file.
- When a file is damaged or too short, the connection is cut before its end. Check that your client
  reports it.
- When WhatsApp's hosts have forgotten a file, Vigía asks the phone to upload it again. The phone has to be
  online. Otherwise the answer is \`media_refused\`.
- Type and file name come from a stranger. Vigía serves them as an attachment: never show them as a page.

| limit | value |
|---|---|
| one file | \`MEDIA_MAX_MB\`; the header \`Content-Length\` is needed |
| uploads that wait to be used | ${words.uploads} for an organization, ${words.uploadsOfAll} in all |
| transfers at a time | ${words.transfers} for an organization, ${words.transfersOfAll} in all |
| a transfer without a byte | cut after ${words.silence} |

Vigía converts nothing and starts no program: no \`ffmpeg\`, no thumbnails of videos. Send a voice message as
\`audio/ogg; codecs=opus\`.
`;

const entryKept =
  'until every webhook that wants it has it, or for `MESSAGES_KEEP_HOURS`; at least 10 min, at most ' +
  words.receivedKept;

export const privacy = (): string => `## Privacy and retention

- **Opt-in.** Received content is stored only when a webhook names a \`message.*\` type other than
  \`message.updated\`, when \`MESSAGES_KEEP_HOURS\` is above 0, or while a WebSocket client follows the
  topic \`messages\`. A webhook without \`events\` gets no content. A webhook or a time holds for all
  organizations.
- **No content** is in the log, the history, metrics, alerts, \`message.list\` or \`webhook.deliveries\`.

| what | kept |
|---|---|
| an entry of the inbox | ${entryKept} |
| the decrypted message, for redelivery, quotes and media | ${words.receivedKept} |
| a sent message with its content and its key of idempotency | ${words.sentKept}, for phones that were off |
| an upload | ${words.uploadKept}, or until the message that waits with it has ended |
| that a contact wrote or was written to | ${words.newAfter} |
| events for WebSocket clients that return, in memory | 15 min |

- **Bounds.** Content beyond \`MESSAGES_MAX_MB_PER_ORG\` or \`MESSAGES_MAX_MB\` is given up, the oldest
  first. If a webhook still waited for it, the alert \`MessagesDropped\` fires. Sending is refused
  (\`queue_full\`) instead.
- **\`message.forget\`** erases what is kept of one contact: entries, decrypted messages, media, sent
  messages. A message that is being sent stays until its state is known. What clients can resume stays in
  memory for 15 min. Backups, and the phones, keep theirs.
- When an organization is removed or logged out, its content is erased. \`vigia export\` has none of it.
- \`.vigia/\` has the mode 0700, and its files are not encrypted. Freed space of the database is used
  again, and not overwritten before that.

## What is not built

- **No blue ticks for sure.** Vigía never becomes "online", because the phone would stop notifying. So
  \`message.markRead\` and \`chat.setTyping\` may show nothing to the contact.
- Polls, buttons, lists, templates, status posts, channels and calls: neither sent nor received.
- The content of view-once messages, the votes of polls, and live locations after the first point.
- History from before the link, archiving, labels, profile pictures, and changes of groups.
- Previews of links, and conversion of media.
- Webhooks for one organization: an endpoint gets the events of all, and \`orgId\` tells them apart.

Everything here was tested with real Baileys on both ends against our own server, never against WhatsApp.
`;
