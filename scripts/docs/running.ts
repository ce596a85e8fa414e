/**
 * The part of `docs/operators/OPERATING.md` about health, and about starting and stopping under a process
 * manager.
 */

import { staleAfterMs } from '../../src/app/health.ts';
import { stopDeadlineMs } from '../../src/app/shutdown.ts';
import { settings } from '../../src/config/settings.ts';

const scanEveryMs = settings.shape.SCAN_INTERVAL_MS.parse(undefined);

export const runningSection = (): string => `## Health

\`GET /livez\` (also \`/healthz\`) says whether Vigía is alive; 503 means *restart it*. \`GET /readyz\` says whether to route traffic to this instance;
503 means *not now*. Neither needs a key. Neither depends on WhatsApp or on single sessions: a failed session is an alert.
With \`?verbose\` each lists its checks (\`pass\`, \`warn\`, \`fail\`; only \`fail\` counts). \`vigia healthcheck\` requests \`/livez\`, and
\`vigia healthcheck --ready\` requests \`/readyz\`. A probe may use GET, HEAD or OPTIONS, with any \`Host\` or none.

| check | in | fails when | what you do |
|---|---|---|---|
| \`supervisor\` | both | the supervisor has failed, and the process is about to end | nothing: a process manager restarts it, and all sessions come back |
| \`scan\` | both | the directory was not scanned for ${staleAfterMs(scanEveryMs) / 1_000} s (three of \`SCAN_INTERVAL_MS\` and a minute). A failed scan counts as a scan | restart; if it happens again, the disk hangs |
| \`shutdown\` | ready | a shutdown has begun | nothing |
| \`restore\` | ready | the first scan is not complete, so no session is being restored yet | wait; if it lasts, read the log |
| \`directory\` | ready | the volume is not mounted, or many session directories vanished at once | mount it, or put them back |
| \`storage\` | ready | credentials of a session cannot be written | check free space, owner and permissions before any restart |
| \`gate\` | ready | no session may connect to WhatsApp, because of \`directory\` or \`storage\` | see those |
| \`database\` | ready | never; it warns when the database was replaced by an empty one (\`emptied\`) or is in memory (\`memory\`) | read the log; the next start tries again |
| \`log\` | ready | never; it warns while lines cannot be written | free its disk, or start its reader |

## Stopping

SIGTERM and Ctrl-C stop Vigía in this order:

1. \`/readyz\` answers 503. Clients receive \`server.draining\`, and commands are refused.
2. Requests in flight are answered.
3. The sockets of WhatsApp are closed, **without a logout**.
4. Pending credentials, records, history, alerts and deliveries are written.
5. Control clients are closed with 1001, and the lock of the directory is released. The exit code is 0.

After ${stopDeadlineMs / 1_000} s the rest is cut. The log then names the step, and the exit code is 1. It is also 1 when something could not be written. A
second signal ends Vigía at once. SIGHUP does nothing, except when a terminal was closed: there it acts like Ctrl-C.
SIGQUIT, SIGXCPU and SIGPWR stop it like SIGTERM. SIGUSR1, SIGUSR2 and SIGALRM are ignored and logged:
SIGUSR1 opens no inspector.

Give it those ${stopDeadlineMs / 1_000} s: pm2's default is 1.6 s and Docker's 10.

### After a kill

A \`kill -9\` loses nothing that was called durable. But the keys of the last second or so are then in \`.vigia/journal/\` and not yet in the
organizations' own files. The next start puts them there before its first scan ([decision 11](../engineering/decisions/0011-journal-of-keys.md)). So after a kill, start
Vigía once and stop it in order before you copy a directory, use another program, or go back to an older version. \`vigia doctor\` reports
\`journal_left\` until then, and \`vigia export\` does it by itself.

An older version that is started right after a kill works with keys that are a few seconds old. A contact may have to be written to twice. The
journal is then out of date, and the next start of this version moves it to \`.vigia/quarantine/\`.

### Where the log goes

The log goes to standard output, and no write of it can stop the sessions. Up to 8 MiB wait for a slow
reader. What cannot be written (a full disk, a reader that is gone) is dropped and counted:
\`vigia_log_lines_dropped_total\` and the check \`log\` of \`/readyz?verbose\`. Standard error has only the
sentence of a start that failed, warnings of Node, and texts that the embedded database writes when its disk
is full (\`do_write error\`). Give it the same destination.

Lines that the outside can cause at will, as refused requests, appear at most once a minute for each
address, organization or endpoint. The field \`repeated\` is the number of lines that such a line stands
for.

### Process managers

**systemd** (\`Type=notify\`) is notified when the first scan is complete, how many sessions are connected (\`systemctl status\`), and, as long as
\`/livez\` would pass, that Vigía is alive (\`WatchdogSec\`). It needs \`NotifyAccess=all\`, because the program \`systemd-notify\` sends the notification.
**pm2** receives \`ready\` (\`wait_ready\`).

**Memory.** The examples set a limit of 2 GB, for 1,000 sessions. Vigía needs about 110 MB and 0.25 MB for each
session, and a restore may double that. Without a limit a leak would take the memory of the whole machine.

Never run two. In pm2 set \`exec_mode: 'fork'\` and \`instances: 1\`. In Kubernetes use a StatefulSet with one replica, or a Deployment with
\`strategy: Recreate\`. A second Vigía on the same directory refuses to start.

Examples: [vigia.service](../examples/vigia.service), [ecosystem.config.cjs](../examples/ecosystem.config.cjs) for pm2, [Dockerfile](../../Dockerfile) and
[compose.yml](../examples/compose.yml), with [nginx.conf](../examples/nginx.conf) or a [Caddyfile](../examples/Caddyfile) in front.

`;
