/** Log events of messages. None has a recipient, a text or a name. */
import { error, info, type LogEntry, oncePer, warn } from './entry.ts';

const checkDisk = 'Check the disk and the permissions of `.vigia/state.lmdb`.';

export const messageEvents = {
  'message.unknown': oncePer(
    'org',
    warn(
      'WhatsApp did not acknowledge a message: it may have been sent',
      'Nothing: a late acknowledgement corrects its state. A client may repeat it with the same key.',
    ),
  ),
  'message.uncertain': oncePer(
    'org',
    error(
      'a message failed while it was written: it may have been sent',
      'Nothing: its state becomes `unknown`, or what WhatsApp acknowledges. Please report it as a fault.',
    ),
  ),
  'messages.cannot_send': warn(
    'the files of messages could not be made: nothing is sent until a restart, and messages are received',
    'Check the free space and the permissions of `.vigia/`, and restart Vigía.',
  ),
  'messages.interrupted': info('messages that were being sent when the process ended are unknown now'),
  'messages.mute': warn(
    'WhatsApp did not acknowledge two messages in a row: the connection is replaced',
    'Nothing. If it happens often, check the network.',
  ),
  'messages.dropped': oncePer(
    'org',
    warn(
      'received messages were removed before every webhook had them',
      'Repair the webhook, or make it faster. Up to 16 MB are kept for an organization, and 7 days.',
    ),
  ),
  'messages.restricted': warn(
    'WhatsApp restricts the account: messages to new contacts are refused until `until`',
    'Send fewer messages to contacts that did not write first. Chats that answered go on.',
  ),
  'messages.unrestricted': info('WhatsApp restricts the account no longer'),
  'messages.secret_replaced': info('this directory is a copy: ids of messages are derived from a new secret'),
  'messages.not_announced': warn(
    'changes of messages could not be recorded for webhooks; it is tried again',
    checkDisk,
  ),
  'messages.write_failed': warn(
    'the rows of messages could not be written; it is tried again, and nothing is sent meanwhile',
    checkDisk,
  ),
} satisfies Readonly<Record<string, LogEntry>>;
