/** The request that carries a message to an endpoint. Pure functions. */
import { Webhook } from 'standardwebhooks';
import { alertTexts } from '../protocol/alerts.ts';
import type { Endpoint, EndpointKind, EventMessage, NoticeMessage, SentMessage } from './message.ts';

export interface Outgoing {
  /** Default: POST. */
  readonly method?: 'GET';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
const json = { 'content-type': 'application/json' } as const;
/** The most organizations that a message for people names. */
const namedAtMost = 20;

/**
 * Standard Webhooks: id, timestamp and body are signed. There are several signatures while a secret is
 * rotated.
 */
const webhook = (
  { url, secrets }: Endpoint,
  { id, type, timestamp, orgId, data }: EventMessage,
  now: Date,
): Outgoing => {
  const body = JSON.stringify({ id, type, timestamp, orgId, data });
  return {
    url,
    body,
    headers: {
      ...json,
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
    },
  };
};

const names = (alerts: NoticeMessage['started']): string => {
  const orgs = alerts.flatMap(({ orgId }) => (orgId === null ? [] : [orgId]));
  const more = orgs.length - namedAtMost;
  return orgs.slice(0, namedAtMost).join(', ') + (more > 0 ? ` and ${more} more` : '');
};
const headline = ({ name, firing, isOver, started, isReminder, isTest }: NoticeMessage): string => {
  if (isTest) return 'TEST';
  if (isOver) return `RESOLVED ${name}`;
  const isNew = started.length > 0 && !isReminder;
  return `${isNew ? 'FIRING' : 'STILL FIRING'} ${name}${firing > 1 ? ` (${firing})` : ''}`;
};
const endpointsOf = (alerts: NoticeMessage['started']): string =>
  [...new Set(alerts.flatMap(({ labels }) => labels['endpoint'] ?? []))].join(', ');
const earliest = (alerts: NoticeMessage['started']): string | undefined =>
  alerts.map(({ startsAt }) => startsAt).sort()[0];
const testLines = [
  'Vigía can send notices to this channel. This is a test (webhook.test): no alert begins or ends.',
];
/** The lines of a message for people. */
const linesOf = (notice: NoticeMessage): readonly string[] => {
  const { started, resolved, name, isOver, isTest } = notice;
  if (isTest) return testLines;
  const first = started[0];
  const [startedOrgs, resolvedOrgs] = [names(started), names(resolved)];
  const endpoints = endpointsOf([...started, ...resolved]);
  const since = earliest(started);
  return [
    ...(isOver ? [] : [first?.summary ?? alertTexts[name].summary]),
    ...(startedOrgs === '' ? [] : [`Organizations: ${startedOrgs}`]),
    ...(resolvedOrgs === '' ? [] : [`No longer: ${resolvedOrgs}`]),
    ...(endpoints === '' ? [] : [`Endpoint: ${endpoints}`]),
    ...(since === undefined ? [] : [`Since: ${since}`]),
    ...(isOver ? [] : [`What to do: ${first?.action ?? alertTexts[name].action}`]),
  ];
};

/** Slack reads `&`, `<` and `>` as markup ("Formatting text", Slack's documentation). */
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const slack = ({ url }: Endpoint, notice: NoticeMessage): Outgoing => {
  const [title, lines] = [escaped(headline(notice)), linesOf(notice).map(escaped)];
  const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: `*${title}*\n${lines.join('\n')}` } }];
  return {
    url,
    headers: json,
    body: JSON.stringify({ text: `${title}: ${lines[0] ?? 'it is over.'}`, blocks }),
  };
};

/**
 * PagerDuty Events API v2: one incident for each name. Its key never changes, so a reminder does not page
 * again.
 */
const pagerduty = ({ url, secrets }: Endpoint, notice: NoticeMessage): Outgoing => {
  const event = {
    routing_key: secrets[0] ?? '',
    dedup_key: notice.isTest ? 'vigia/test' : `vigia/${notice.name}`,
    event_action: notice.isOver ? 'resolve' : 'trigger',
    payload: {
      summary: `${headline(notice)}: ${linesOf(notice)[0] ?? 'it is over.'}`.slice(0, 1_024),
      source: 'vigia',
      severity: notice.severity,
      timestamp: notice.timestamp,
      ...(notice.isTest ? {} : { component: notice.name }),
      custom_details: { lines: linesOf(notice), firing: notice.firing },
    },
  };
  return { url, headers: json, body: JSON.stringify(event) };
};

const forPeople: Readonly<
  Record<Exclude<EndpointKind, 'webhook'>, (endpoint: Endpoint, notice: NoticeMessage) => Outgoing>
> = {
  slack,
  pagerduty,
};
/** Throws for a message that the endpoint does not want (`wants`). */
export const outgoingFor = (endpoint: Endpoint, message: SentMessage, now: Date): Outgoing => {
  const { kind } = endpoint;
  if (kind === 'webhook' && message.kind === 'event') return webhook(endpoint, message, now);
  if (kind !== 'webhook' && message.kind === 'notice') return forPeople[kind](endpoint, message);
  throw new Error(`a ${kind} does not take a ${message.kind}`);
};
