/** What the calls of clients and of sockets share. */
import type { Org } from '../../machines/domain/ports.ts';
import type { WriteLog } from '../base/log.ts';
import type { Acceptance } from './accept.ts';
import type { Inbox } from './inbox.ts';
import type { MediaFiles } from './media-files.ts';
import type { OutStates } from './out-states.ts';
import type { MessagesPolicy } from './policy.ts';
import type { SenderPort } from './ports.ts';
import type { Recipients } from './recipients.ts';
import type { Runner } from './runner.ts';
import type { Sent } from './sent.ts';
import type { MessageTable } from './table.ts';

export interface ApiDeps {
  readonly table: MessageTable;
  readonly sent: Sent;
  readonly inbox: Inbox;
  readonly states: OutStates;
  readonly runner: Runner;
  readonly recipients: Recipients;
  readonly media: MediaFiles;
  readonly acceptance: Acceptance;
  readonly policy: MessagesPolicy;
  readonly isRestricted: (org: Org) => boolean;
  readonly sender: (org: Org) => SenderPort | undefined;
  readonly sessionState: (org: Org) => string | undefined;
  readonly now: () => number;
  readonly log: WriteLog;
}
