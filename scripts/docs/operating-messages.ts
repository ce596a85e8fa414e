/** The part of `docs/operators/OPERATING.md` about messages. */
import { settings } from '../../src/config/settings.ts';
import { messageBounds as bounds } from '../../src/delivery/deliveries-index.ts';
import { mostArrivedBytes } from '../../src/whatsapp/journal/arrived.ts';
import { words } from './message-tables.ts';

const count = (n: number) => n.toLocaleString('en');
const { MESSAGES_MAX_MB_PER_ORG: perOrg, MESSAGES_MAX_MB: all, MEDIA_MAX_MB: oneFile } = settings.shape;
const mb = (schema: { parse: (value: undefined) => number }) => `${count(schema.parse(undefined))} MB`;

const rowsAtMost =
  `\`MESSAGES_MAX_MB_PER_ORG\` (${mb(perOrg)}) of each kind, and \`MESSAGES_MAX_MB\` (${mb(all)}) in all ` +
  'for each direction';
const filesAtMost =
  `${words.uploads} for an organization, ${words.uploadsOfAll} in all, and ${words.transfersOfAll} ` +
  `transfers of \`MEDIA_MAX_MB\` (${mb(oneFile)})`;

export const messagesSection = (): string => `## Messages

\`vigia messages ORG\` shows what waits, what was sent and received within 24 hours, and a restriction.
Metrics: \`vigia_messages_waiting\`, \`vigia_messages_bytes\`, \`vigia_messages_dropped_total\`. None of
them has content. [MESSAGES](../integrators/MESSAGES.md) is the page for the backend.

### A backlog of messages to send

Each organization sends at the pace of \`SEND_RATE_*\`. At ${words.queued} waiting messages, or
${words.queuedOfAll} of all, the next are refused with \`rate_limited\`.

- **The session is not connected:** messages wait and expire, after 60 s unless the caller gave more. See
  \`vigia explain ORG\`.
- **Many go to new contacts:** they have a limit of their own. Raise it only for an account that is used
  to more.
- **States stay \`unknown\`:** WhatsApp does not acknowledge. After two in a row the session gets another
  connection (\`mute\`).

### A backlog of received messages

A webhook that is away for long keeps its messages waiting: at most ${count(bounds.pending)} for an
endpoint, ${count(bounds.pendingOfOrg)} of one organization, and ${count(bounds.pendingOfAll)} in all.
Content is kept for ${words.receivedKept} at most. Beyond a bound the oldest are given up, and
\`MessagesDropped\` fires. It ends when none was given up for an hour.

1. Repair the webhook, or make it faster: Vigía sends up to four at a time.
2. \`vigia webhooks\` lists the last ${count(bounds.dead)} that were given up, and repeats them while
   their content is kept.
3. \`inbox.list\` has older messages, if \`MESSAGES_KEEP_HOURS\` is above 0.

Messages never delay events of sessions or alerts: they wait apart.

### Restriction

\`SendingRestricted\` fires when WhatsApp refuses messages of an account to new contacts, and ends when
the restriction does. Vigía refuses such messages meanwhile, and never repeats one. Chats that answered go
on, and the session stays connected. Open WhatsApp on the phone to read the reason. Then ask why the
account wrote to many strangers, and lower \`SEND_RATE_NEW_PER_DAY\`.

### Retention and disk use

| what | where | at most |
|---|---|---|
| messages, and what was decrypted | \`.vigia/state.lmdb\` | ${rowsAtMost} |
| files that clients send | \`.vigia/media/\` | ${filesAtMost} |
| what the database has not taken yet | \`.vigia/journal/\` | ${mostArrivedBytes / 1_048_576} MiB |

[How long each is kept](../integrators/MESSAGES.md#privacy-and-retention). The database does not shrink:
freed space is used again. Keep twice \`MESSAGES_MAX_MB\` free, or lower it. On a small disk also lower
\`MEDIA_MAX_MB\`.

**A full disk.** Received messages are not acknowledged, so WhatsApp keeps them and delivers them when
there is room. Messages to send are refused (\`unavailable\`). When the database is in memory
(\`/readyz?verbose\`), no message is sent, because a key of idempotency would be forgotten.

**Copies.** A backup of \`.vigia/\` has the content of messages: protect it like the credentials. A
restored one sends again only what was queued and has not expired, under the same ids. It may deliver
webhooks again, under the same ids too. \`vigia export\` has no messages. \`message.forget\` erases one
contact.

`;
