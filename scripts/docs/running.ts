/** The part of `docs/operators/OPERATING.md` about health, and about starting and stopping under a process manager. */

import { staleAfterMs } from '../../src/app/health.ts';
import { stopDeadlineMs } from '../../src/app/shutdown.ts';
import { settings } from '../../src/config/settings.ts';

const scanEveryMs = settings.shape.SCAN_INTERVAL_MS.parse(undefined);

export const runningSection = (): string => `## Health

\`GET /livez\` (also \`/healthz\`) asks whether Vigía lives: 503 means *restart it*. \`GET /readyz\` asks whether somebody may be sent to it:
503 means *not now*. Neither needs a key, and neither depends on WhatsApp or on single sessions: one that failed is an alert. With
\`?verbose\` each says what it looked at (\`pass\`, \`warn\`, \`fail\`; only \`fail\` counts). \`vigia healthcheck\` asks \`/livez\`,
\`vigia healthcheck --ready\` asks \`/readyz\`; a probe that comes under another name than localhost needs \`ALLOWED_HOSTS\`, or a \`Host: localhost\` of its own.

| check | in | fails when | what you do |
|---|---|---|---|
| \`supervisor\` | both | the supervisor has failed; the process is about to end | nothing: a process manager starts it again, and all sessions come back |
| \`scan\` | both | the directory has not been looked at for ${staleAfterMs(scanEveryMs) / 1_000} s (three of \`SCAN_INTERVAL_MS\` and a minute); a look that fails counts as one | restart; if it happens again, the disk hangs |
| \`shutdown\` | ready | it was asked to end | nothing |
| \`restore\` | ready | the first look at the directory is not done, so that no session is being restored yet | wait; if it lasts, see the log |
| \`directory\` | ready | the volume is not mounted, or many session directories vanished at once | mount it, or put them back |
| \`storage\` | ready | credentials of a session cannot be written | free space, owner, permissions; before anything is restarted |
| \`gate\` | ready | nobody is admitted to WhatsApp, for one of the two reasons above | see them |
| \`database\` | ready | never; \`warn\` when it was begun anew (\`emptied\`), or lives in memory (\`memory\`) | see the log; the next start tries again |

## Stopping

SIGTERM and Ctrl-C end Vigía in this order: \`/readyz\` says 503; clients hear \`server.draining\`, and commands are refused; requests in flight are
answered; the sockets of WhatsApp are closed, **without a logout**; what is still to be written (credentials, records, history, alerts,
deliveries) is written; control clients are closed with 1001; the directory's lock is released. Then it exits with 0. What takes longer
than ${stopDeadlineMs / 1_000} s is cut: the log says what it was waiting for, and the exit code is 1, as it is when something could not be written. A second
signal ends it at once. SIGHUP does nothing, but for a terminal that was closed: there it is a Ctrl-C.

Give it those ${stopDeadlineMs / 1_000} s: pm2's default is 1.6 s and Docker's 10. A \`kill -9\` is survived too: nothing that was
called durable is lost. But the keys of the last second or so are then in \`.vigia/journal/\`, and not yet in the organizations' own files; the
next start puts them there before it looks at anything ([decisions/0011](../engineering/decisions/0011-journal-of-keys.md)). So after a kill start Vigía once, and
stop it in order, before you copy a directory, take one to another program, or go back to an older version. \`vigia doctor\` says
\`journal_left\` while that is still to be done, and \`vigia export\` does it by itself. An older version that is started right after a kill
works with keys that are up to a few seconds old (a contact may have to be written to twice); what the journal holds is then out of date,
and the next start of this version moves it to \`.vigia/quarantine/\` instead of putting it over newer keys.

**systemd** (\`Type=notify\`) hears when the first look is done, how many sessions are connected (\`systemctl status\`), and that it lives, as long
as \`/livez\` would say so (\`WatchdogSec\`). It needs \`NotifyAccess=all\`, because the program \`systemd-notify\` says it. **pm2** hears \`ready\`
(\`wait_ready\`). Never run two: in pm2 that means \`exec_mode: 'fork'\` and \`instances: 1\`, in Kubernetes a StatefulSet with one replica, or a
Deployment with \`strategy: Recreate\`. A second one on the same directory refuses to start.

To begin with: [vigia.service](../examples/vigia.service), [ecosystem.config.cjs](../examples/ecosystem.config.cjs) for pm2,
[Dockerfile](../examples/Dockerfile) and [compose.yml](../examples/compose.yml), and in front of it [nginx.conf](../examples/nginx.conf) or a
[Caddyfile](../examples/Caddyfile).

`;
