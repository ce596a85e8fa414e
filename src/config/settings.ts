/**
 * Every setting, an environment variable, in one schema. The check at the start and the table in
 * `docs/operators/CONFIGURATION.md` are both made from it.
 */
import { z } from 'zod';
import { deliverySettings } from './delivery.ts';
import { messageSettings } from './messages.ts';
import {
  flag,
  isHostName,
  isOrigin,
  isRange,
  list,
  proxyUrl,
  version,
  whole,
  word,
  wsUrl,
} from './shapes.ts';

/** `.meta({ secret })`: the value is never shown. `.describe` is the text in the docs. */
export const settings = z.object({
  AUTH_DIR: z
    .string()
    .min(1)
    .default('./auth_sessions')
    .describe('Directory of the sessions: one directory per organization, with its `creds.json`.'),
  HOST: z
    .string()
    .min(1)
    .transform((text) => /^\[(.*)\]$/.exec(text)?.[1] ?? text) // as in an address: [::1]
    .default('127.0.0.1')
    .describe(
      'Address to listen on. Anything but loopback needs `TLS_CERT_FILE` or `BEHIND_TLS_PROXY=true`.',
    ),
  PORT: whole(0, 65_535).default(3000).describe('Port to listen on; 0 takes a free one.'),
  API_KEY: z
    .string()
    .min(16, 'must have at least 16 characters')
    .optional()
    .meta({ secret: true })
    .describe(
      'Key with every right. Without it a first key is made and its file is shown at the start. Or ' +
        '`API_KEY_FILE`: a file with it.',
    ),
  SCAN_INTERVAL_MS: whole(100, 3_600_000)
    .default(30_000)
    .describe('Time between two scans of the directory, in milliseconds.'),
  LOG_LEVEL: word(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('How much is logged.'),
  LOG_FORMAT: word(['json', 'pretty'])
    .optional()
    .describe('`json` for machines, `pretty` for people; by default `pretty` on a terminal.'),
  TLS_CERT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'PEM file with the certificate and those above it, to serve TLS without a proxy. Read at the start ' +
        'only.',
    ),
  TLS_KEY_FILE: z.string().min(1).optional().describe('PEM file with the private key of that certificate.'),
  BEHIND_TLS_PROXY: flag
    .default(false)
    .describe(
      'Says that a proxy with TLS stands in front, so that another address than loopback may be used.',
    ),
  TRUSTED_PROXIES: list(isRange, 'must be addresses or ranges like 10.0.0.0/8, separated by commas')
    .default([])
    .describe(
      'Addresses or ranges of your proxies, separated by commas. Their `X-Forwarded-For` is trusted, or ' +
        '`Forwarded` without it (never `X-Real-IP`). Without this setting all of their clients count as one.',
    ),
  ALLOWED_HOSTS: list(
    isHostName,
    'must be host names, without https:// and without a path, separated by commas',
  )
    .default([])
    .describe('Further host names in the `Host` header, separated by commas.'),
  ALLOWED_ORIGINS: list(
    isOrigin,
    'must be origins like https://panel.example (no path, no slash at the end), separated by commas',
  )
    .default([])
    .describe('Further origins of web pages that may connect, separated by commas.'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'Where customers reach this server, for the addresses of pairing links: `https://vigia.example`. ' +
        'Without it a link has the address on which the server listens.',
    ),
  LINK_FRAME_ANCESTORS: list(isOrigin, 'must be origins like https://panel.example, separated by commas')
    .default([])
    .describe('Sites that may show the page of a pairing link in a frame, separated by commas.'),
  METRICS_TOKEN: z
    .string()
    .min(16, 'must have at least 16 characters')
    .max(256, 'must have at most 256 characters')
    .regex(/^[\x21-\x7e]*$/, 'must have no space and nothing outside ASCII: it travels in a header')
    .optional()
    .meta({ secret: true })
    .describe(
      'What Prometheus sends as `Authorization: Bearer …` to read `GET /metrics`; it gives no other ' +
        'right. Or `METRICS_TOKEN_FILE`: a file with it.',
    ),
  METRICS_PER_ORG: flag
    .default(false)
    .describe(
      'Two metrics for each organization too. With thousands of organizations that is a cost for Prometheus.',
    ),
  MAX_REQUESTS_PER_10_SECONDS: whole(10, 1_000_000)
    .default(100)
    .describe(
      'Requests of one key in ten seconds; half of them may come at once. Raise it for a backend of many ' +
        'organizations.',
    ),
  MAX_CONNECTIONS: whole(1, 100_000).default(500).describe('WebSocket connections in all.'),
  MAX_CONNECTIONS_PER_KEY: whole(1, 100_000).default(20).describe('WebSocket connections with one key.'),
  MAX_CONNECTIONS_PER_ADDRESS: whole(1, 100_000)
    .default(50)
    .describe('WebSocket connections from one address (of IPv6: one /64).'),
  ...deliverySettings,
  ...messageSettings,
  POLICY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('JSON file that overrides single numbers of the policy (see below).'),
  PROXY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'JSON file that says through which proxy each organization reaches WhatsApp (see below). It is ' +
        'read again for each connection.',
    ),
  PROXY_URL: proxyUrl.describe(
    'Proxy for every organization that `PROXY_FILE` says nothing about. Or `PROXY_URL_FILE`: a file with it.',
  ),
  HTTPS_PROXY: proxyUrl.describe(
    'The same, without `PROXY_URL`, unless `NO_PROXY` names WhatsApp’s server. Also `https_proxy`.',
  ),
  ALL_PROXY: proxyUrl.describe('The same, without `HTTPS_PROXY`. Also `all_proxy`.'),
  NO_PROXY: z
    .string()
    .optional()
    .describe(
      'Hosts for which `HTTPS_PROXY` and `ALL_PROXY` do not hold: names, domains, addresses, networks or ' +
        '`*`, separated by commas. Also `no_proxy`.',
    ),
  WHATSAPP_WS_URL: wsUrl.optional().describe('Another server than WhatsApp’s: for tests and the demo.'),
  WHATSAPP_VERSION: version
    .optional()
    .describe(
      'Fixes the version of WhatsApp Web that Vigía announces; by default the current one is looked up.',
    ),
});
export type Settings = z.infer<typeof settings>;
