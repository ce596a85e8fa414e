/** Every command, in the order in which the help shows them. */
import type { Register } from './command.ts';
import { alerts } from './commands/alerts.ts';
import { bundles } from './commands/bundles.ts';
import { completion } from './commands/completion.ts';
import { config } from './commands/config.ts';
import { doctor } from './commands/doctor.ts';
import { healthcheck } from './commands/healthcheck.ts';
import { explain, history } from './commands/history.ts';
import { keys } from './commands/keys.ts';
import { link } from './commands/link.ts';
import { logout } from './commands/logout.ts';
import { messages } from './commands/messages.ts';
import { open } from './commands/open.ts';
import { pair } from './commands/pair.ts';
import { restore, retry, stop } from './commands/restore-retry-stop.ts';
import { send } from './commands/send.ts';
import { serve } from './commands/serve.ts';
import { status } from './commands/status.ts';
import { watch } from './commands/watch.ts';
import { webhooks } from './commands/webhooks.ts';

export const commands: readonly Register[] = [
  serve,
  open,
  status,
  watch,
  pair,
  link,
  restore,
  retry,
  stop,
  logout,
  explain,
  history,
  send,
  messages,
  alerts,
  webhooks,
  keys,
  doctor,
  bundles,
  config,
  healthcheck,
  completion,
];
