/**
 * Receivers of events and alerts: webhooks for programs; Slack, PagerDuty and Alertmanager for people; a
 * heartbeat for a dead man's switch.
 */
import { z } from 'zod';
import { type Checked, checkFile, type Parsed, type ReadText } from './file-setting.ts';
import { isRange, list, whole } from './shapes.ts';

const httpUrl = z
  .string()
  .refine(
    (text) => /^https?:\/\//i.test(text) && URL.canParse(text),
    'must be an http:// or https:// address',
  );
/** Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes (specification, "Signature scheme"). */
const isSecret = (text: string) => {
  const bytes = /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text)
    ? Buffer.from(text.slice('whsec_'.length), 'base64').length
    : 0;
  return bytes >= 24 && bytes <= 64;
};
const secretMessage =
  'must be whsec_ and base64 of 24 to 64 random bytes, for example: echo "whsec_$(openssl rand -base64 32)"';
const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must have 1 to 32 letters in lower case, digits and hyphens');
const eventType = z.string().regex(/^[a-z]+\.[a-zA-Z_]+$/, 'must look like session.updated');

const changes = z.enum(['settled', 'all']);

/** Names of endpoints that have a variable of their own. */
const reserved = { webhook: 'webhook', slack: 'slack', pagerduty: 'pagerduty' } as const;

export const deliverySettings = {
  WEBHOOK_URL: httpUrl
    .optional()
    .meta({ secret: true })
    .describe('Where events and alerts are posted, signed (Standard Webhooks). Several: `WEBHOOKS_FILE`.'),
  WEBHOOK_SECRET: list(isSecret, secretMessage)
    .default([])
    .meta({ secret: true })
    .describe(
      '`whsec_` and base64: the key of the signatures. Two, separated by a comma, while one replaces the ' +
        'other.',
    ),
  WEBHOOK_EVENTS: list(
    (text) => eventType.safeParse(text).success,
    'must be types of events like session.updated, separated by commas',
  )
    .default([])
    .describe(
      'The types of events for `WEBHOOK_URL`, separated by commas; by default all but those of ' +
        'messages, which have content.',
    ),
  WEBHOOK_CHANGES: changes
    .default('settled')
    .describe(
      '`settled`: `WEBHOOK_URL` gets a session when it has reached another state in which it stays. `all`: ' +
        'also every step on the way, as WebSocket clients get them.',
    ),
  WEBHOOKS_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'JSON file with further webhooks: `[{ "name": "crm", "url": "https://…", "secrets": ["whsec_…"], ' +
        '"events": ["session.updated"], "changes": "settled" }]`.',
    ),
  WEBHOOK_ALLOWED_NETWORKS: list(isRange, 'must be addresses or ranges like 10.0.0.0/8, separated by commas')
    .default([])
    .describe('Non-public addresses that may be posted to: `127.0.0.0/8` for a backend on this host.'),
  SLACK_WEBHOOK_URL: httpUrl
    .optional()
    .meta({ secret: true })
    .describe('Incoming webhook of Slack (or Mattermost) for alerts.'),
  PAGERDUTY_ROUTING_KEY: z
    .string()
    .min(16)
    .max(64)
    .optional()
    .meta({ secret: true })
    .describe('Integration key of PagerDuty (Events API v2) for alerts.'),
  PAGERDUTY_URL: httpUrl
    .default('https://events.pagerduty.com/v2/enqueue')
    .describe('Where PagerDuty takes events; another one for accounts in the EU.'),
  ALERTMANAGER_URL: httpUrl
    .optional()
    .describe(
      'Base address of a Prometheus Alertmanager, which then does the grouping: alerts are sent again ' +
        'while they fire.',
    ),
  HEARTBEAT_URL: httpUrl
    .optional()
    .meta({ secret: true })
    .describe(
      'Requested (GET) every `HEARTBEAT_SECONDS` while the supervisor is well: a dead man’s switch that ' +
        'alerts when Vigía itself is silent.',
    ),
  HEARTBEAT_SECONDS: whole(10, 86_400).default(60).describe('See `HEARTBEAT_URL`.'),
} as const;

export interface EndpointSetting {
  readonly name: string;
  readonly kind: 'webhook' | 'slack' | 'pagerduty';
  readonly url: string;
  readonly secrets: readonly string[];
  readonly events?: readonly string[] | undefined;
  readonly changes?: z.infer<typeof changes> | undefined;
}
const webhooks = z
  .array(
    z.strictObject({
      name: name.refine((text) => !(text in reserved), 'is taken by a variable of its own'),
      url: httpUrl,
      secrets: z.array(z.string().refine(isSecret, secretMessage)).min(1).max(3),
      events: z.array(eventType).min(1).optional(),
      changes: changes.optional(),
    }),
  )
  .max(50);

/** Problems never repeat the content: it holds addresses and secrets. */
const parseWebhooks = (text: string, file: string): Parsed<readonly EndpointSetting[]> => {
  const wrong = (what: string) => ({ ok: false, problems: [`WEBHOOKS_FILE: ${file}${what}.`] }) as const;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return wrong(' is not valid JSON');
  }
  const parsed = webhooks.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (i) => `WEBHOOKS_FILE: ${file}: ${i.path.join('.') || 'the file'}: ${i.message}.`,
    );
    return { ok: false, problems };
  }
  const names = new Set(parsed.data.map((one) => one.name));
  if (names.size < parsed.data.length) return wrong(' has two webhooks of one name');
  return { ok: true, value: parsed.data.map((one) => ({ ...one, kind: 'webhook' })) };
};

type Given = z.infer<z.ZodObject<typeof deliverySettings>>;
/** `readText` reads the file of further webhooks. Problems never repeat an address or a secret. */
export const endpointsOf = (given: Given, readText: ReadText): Checked<readonly EndpointSetting[]> => {
  const {
    WEBHOOK_URL,
    WEBHOOK_SECRET,
    WEBHOOK_EVENTS,
    WEBHOOK_CHANGES,
    WEBHOOKS_FILE,
    SLACK_WEBHOOK_URL,
    PAGERDUTY_ROUTING_KEY,
    PAGERDUTY_URL,
  } = given;
  const problems: string[] = [];
  const endpoints: EndpointSetting[] = [];
  if ((WEBHOOK_URL === undefined) !== (WEBHOOK_SECRET.length === 0))
    problems.push(
      'WEBHOOK_URL, WEBHOOK_SECRET: set both or none; without a signature a receiver cannot check the ' +
        'sender.',
    );
  else if (WEBHOOK_URL !== undefined)
    endpoints.push({
      name: reserved.webhook,
      kind: 'webhook',
      url: WEBHOOK_URL,
      secrets: WEBHOOK_SECRET,
      events: WEBHOOK_EVENTS.length > 0 ? WEBHOOK_EVENTS : undefined,
      changes: WEBHOOK_CHANGES,
    });
  if (SLACK_WEBHOOK_URL !== undefined)
    endpoints.push({ name: reserved.slack, kind: 'slack', url: SLACK_WEBHOOK_URL, secrets: [] });
  if (PAGERDUTY_ROUTING_KEY !== undefined)
    endpoints.push({
      name: reserved.pagerduty,
      kind: 'pagerduty',
      url: PAGERDUTY_URL,
      secrets: [PAGERDUTY_ROUTING_KEY],
    });
  const further = checkFile('WEBHOOKS_FILE', WEBHOOKS_FILE, readText, parseWebhooks, []);
  return { value: [...endpoints, ...further.value], problems: [...problems, ...further.problems] };
};
