/**
 * Every alert: how bad it is, what happened, and what a person should do. An alert exists because a person is
 * needed, or will be; what mends itself in time is no alert. When each one counts is decided in
 * `src/alerts/catalogue.ts`.
 */
import { z } from 'zod';
import { OrgId, Timestamp } from './session.ts';

export const alertNames = [
  'SessionLoggedOut',
  'SessionRestoreFailed',
  'SessionCredentialsUnusable',
  'SessionConflict',
  'SessionWrongNumber',
  'SessionRetryingTooLong',
  'SessionFlapping',
  'SessionDeaf',
  'MassDisconnect',
  'ClientOutdated',
  'DirectoryFrozen',
  'StorageUnwritable',
  'ScanFailing',
  'WebhookFailing',
] as const;
export type AlertName = (typeof alertNames)[number];
export const severities = ['critical', 'warning'] as const;
export type Severity = (typeof severities)[number];

export interface AlertText {
  readonly severity: Severity;
  readonly summary: string;
  readonly action: string;
}
export const alertTexts: Readonly<Record<AlertName, AlertText>> = {
  SessionLoggedOut: {
    severity: 'critical',
    summary: 'WhatsApp unlinked this device: the session is lost until a person links it again.',
    action: 'Pair it again with the phone (session.pair).',
  },
  SessionRestoreFailed: {
    severity: 'critical',
    summary: 'The session could not be restored.',
    action: 'See the reason; session.explain says what can be done.',
  },
  SessionCredentialsUnusable: {
    severity: 'critical',
    summary: 'The stored credentials of this session cannot be used.',
    action:
      'Put good credentials in their place (a backup, an export), or pair it again. Nothing was deleted.',
  },
  SessionConflict: {
    severity: 'critical',
    summary: 'Another program is logged in with the same credentials, and the session was left to it.',
    action: 'Stop the other program, or remove the copied directory; then session.retry.',
  },
  SessionWrongNumber: {
    severity: 'critical',
    summary: 'The phone that was linked has another number than the one before, and nothing was connected.',
    action: 'If that is meant, session.restore with force; otherwise pair the right phone.',
  },
  SessionRetryingTooLong: {
    severity: 'warning',
    summary: 'The session has been without a connection for minutes. It is still being tried.',
    action: 'Check the network of this server, the proxy, and the phone.',
  },
  SessionFlapping: {
    severity: 'warning',
    summary: 'The session loses its connection again and again.',
    action: 'Check the network, and whether another program uses the same credentials.',
  },
  SessionDeaf: {
    severity: 'warning',
    summary:
      'Messages arrive for this session, and the client library tells of none, although it was given a ' +
      'new connection within the hour.',
    action:
      'It gets another connection by itself within the hour; session.stop and session.restore do that ' +
      'now. Report it with the log.',
  },
  MassDisconnect: {
    severity: 'critical',
    summary: 'Most sessions lost WhatsApp at once: the network of this server, or WhatsApp itself, is down.',
    action: 'Check the network of this server. Sessions come back by themselves; do not pair anything again.',
  },
  ClientOutdated: {
    severity: 'critical',
    summary: 'WhatsApp no longer accepts the version that Vigía presents.',
    action:
      'Update Vigía if this lasts longer than an hour. The credentials are good: do not pair anything again.',
  },
  DirectoryFrozen: {
    severity: 'critical',
    summary:
      'Many session directories vanished at once, or the volume is not mounted. Nothing is started or ' +
      'stopped until that is clear.',
    action: 'Check the volume that AUTH_DIR lies on.',
  },
  StorageUnwritable: {
    severity: 'critical',
    summary: 'What this session writes cannot be put on disk.',
    action:
      'Check the free space, the owner and the permissions of the directory of the sessions, before ' +
      'anything restarts.',
  },
  ScanFailing: {
    severity: 'warning',
    summary: 'The directory of the sessions cannot be looked at: new sessions are not noticed.',
    action: 'Check that the directory is there and can be read; the log says what the system answered.',
  },
  WebhookFailing: {
    severity: 'warning',
    summary: 'A webhook endpoint takes nothing.',
    action: 'Check the endpoint; webhook.deliveries shows what waits, and nothing of it is lost.',
  },
};

export const Alert = z.object({
  /** Same name, same organization (or endpoint): same fingerprint, at any time. */
  fingerprint: z.string(),
  name: z.enum(alertNames),
  severity: z.enum(severities),
  status: z.enum(['firing', 'resolved']),
  /** Null when it is about the server. */
  orgId: OrgId.nullable(),
  /** Which of the reasons in `docs/operators/OPERATING.md`, which endpoint, WhatsApp's number. */
  labels: z.record(z.string(), z.string()),
  /** For a human: what happened, and what to do. */
  summary: z.string().max(600),
  action: z.string().max(600),
  startsAt: Timestamp,
  endsAt: Timestamp.nullable(),
  silencedUntil: Timestamp.nullable(),
});
export type Alert = z.infer<typeof Alert>;
