/**
 * Every alert's severity, what happened, and what a person should do. Apart from the schemas, so that a page
 * can load it without their library.
 */
import { reasonTexts } from './reasons.ts';

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
  'MessagesDropped',
  'SendingRestricted',
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
  SessionLoggedOut: { severity: 'critical', ...reasonTexts.revoked },
  SessionRestoreFailed: {
    severity: 'critical',
    summary: 'The session could not be restored.',
    action: 'Read the reason and the explanation of this session, which names what can be done.',
  },
  SessionCredentialsUnusable: {
    severity: 'critical',
    summary: 'The stored credentials of this session cannot be used.',
    action:
      'Put good credentials in their place (a backup, an export), or pair it again. Nothing was deleted.',
  },
  SessionConflict: { severity: 'critical', ...reasonTexts.conflict },
  SessionWrongNumber: { severity: 'critical', ...reasonTexts.wrong_account },
  SessionRetryingTooLong: {
    severity: 'warning',
    summary: 'The session has had no connection for minutes. Vigía keeps retrying.',
    action: 'Check the network of this server, the proxy, and the phone.',
  },
  SessionFlapping: {
    severity: 'warning',
    summary: 'The session loses its connection repeatedly.',
    action: 'Check the network, and whether another program uses the same credentials.',
  },
  SessionDeaf: {
    severity: 'warning',
    summary:
      'Messages arrive for this session, but the client library reports none, although the session got a ' +
      'new connection within the hour.',
    action:
      'Vigía opens another connection within the hour. To do that now, stop it and then ' +
      'restore it. Report it with the log.',
  },
  MassDisconnect: {
    severity: 'critical',
    summary:
      'Most sessions lost WhatsApp at once: the network of this server, a proxy that they share, or ' +
      'WhatsApp itself is down.',
    action:
      'Check the network of this server and the proxy. Sessions reconnect by themselves; do not pair ' +
      'anything again.',
  },
  ClientOutdated: {
    severity: 'critical',
    summary: reasonTexts.outdated.summary,
    action:
      'Update Vigía if this lasts longer than an hour. The credentials are good: do not pair anything again.',
  },
  DirectoryFrozen: {
    severity: 'critical',
    summary:
      'Many session directories vanished at once, or the volume is not mounted. Vigía starts and stops ' +
      'nothing until they are back.',
    action: 'Check the volume of AUTH_DIR.',
  },
  StorageUnwritable: {
    severity: 'critical',
    summary: 'The credentials of this session cannot be written to the disk.',
    action:
      'Check the free space, the owner and the permissions of the directory of the sessions. Do not ' +
      'restart Vigía before.',
  },
  ScanFailing: {
    severity: 'warning',
    summary: 'The directory of the sessions cannot be scanned: new sessions are not noticed.',
    action: 'Check that the directory exists and can be read. The log has the error of the system.',
  },
  WebhookFailing: {
    severity: 'warning',
    summary: 'An endpoint (webhook, Slack, PagerDuty, Alertmanager or heartbeat) accepts nothing.',
    action:
      'Check the endpoint that the alert names. webhook.deliveries lists what waits for it. A delivery is ' +
      'given up after ten attempts, in three days or more.',
  },
  MessagesDropped: {
    severity: 'critical',
    summary: 'Too many messages waited for a webhook, and the oldest were given up.',
    action:
      'Mend the webhook that the alert names. webhook.deliveries lists what was given up (status dead), ' +
      'and webhook.redeliver sends it again, for seven days at most.',
  },
  SendingRestricted: {
    severity: 'warning',
    summary: 'WhatsApp restricts this account: it refuses messages to new contacts.',
    action:
      'Send no messages to new contacts until then; Vigía refuses them. Chats that answered before go on. ' +
      'Open WhatsApp on the phone to see the reason.',
  },
};
