/** The settings of messages. WhatsApp publishes no rate: the defaults are caution. */
import { whole } from './shapes.ts';

/** Content that no webhook waits for any more is kept for a week at most. */
const weekHours = 7 * 24;
/** WhatsApp's own bound of a document, in megabytes. */
const largestFileMb = 2_000;

export const messageSettings = {
  SEND_RATE_PER_MINUTE: whole(1, 1_000)
    .default(20)
    .describe(
      'Messages that an organization sends in a minute; the others wait. WhatsApp publishes no limit.',
    ),
  SEND_RATE_BURST: whole(1, 1_000)
    .default(5)
    .describe('Of those, what may be sent at once after a quiet time.'),
  SEND_RATE_NEW_PER_MINUTE: whole(1, 1_000)
    .default(1)
    .describe(
      'The same for new contacts: they sent nothing, and got nothing within 30 days. WhatsApp restricts ' +
        'accounts that write to many.',
    ),
  SEND_RATE_NEW_PER_DAY: whole(1, 100_000).default(50).describe('New contacts of an organization in a day.'),
  MESSAGES_KEEP_HOURS: whole(0, weekHours)
    .default(0)
    .describe(
      'How long received messages are kept for `inbox.list`. 0: until every webhook that wants them has ' +
        'them. Above 0, every organization’s messages are kept.',
    ),
  MESSAGES_MAX_MB_PER_ORG: whole(1, 10_000)
    .default(16)
    .describe('Content of messages of one organization, in megabytes; received and sent count apart.'),
  MESSAGES_MAX_MB: whole(16, 1_000_000)
    .default(2_048)
    .describe('Content of messages in all, in megabytes; received and sent count apart.'),
  MEDIA_MAX_MB: whole(1, largestFileMb)
    .default(100)
    .describe('Size of one file that is sent or fetched, in megabytes.'),
} as const;
