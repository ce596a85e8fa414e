/**
 * Why a server cannot be reached. A WebSocket says little about that, and in some versions of Node nothing.
 * So after a failure the same upgrade is requested once more, without a key, and its answer is read.
 */
import http from 'node:http';
import https from 'node:https';
import { connect as connectTls } from 'node:tls';
import { protocol } from '../protocol/registry.ts';

export interface Diagnosis {
  /** A slug for programs. */
  readonly code: string;
  /** The end of the sentence that begins with `the server at host:port`. */
  readonly message: string;
}
/** The answer to the upgrade, or the error of the system or of TLS. */
type Seen =
  | {
      readonly status: number;
      readonly headers: http.IncomingHttpHeaders;
      readonly body: string;
    }
  | { readonly error: string; readonly text: string };

const answerMs = 5_000;
const maxBodyCharacters = 4_096;

const readAnswer = (response: http.IncomingMessage, done: (seen: Seen) => void): void => {
  let body = '';
  const { statusCode: status = 0, headers } = response;
  const end = () => done({ status, headers, body });
  response.setEncoding('utf8');
  response.on('data', (text: string) => {
    body = `${body}${text}`.slice(0, maxBodyCharacters);
  });
  response.on('end', end).on('error', end);
};
const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': Buffer.alloc(16).toString('base64'),
};
const request = (url: URL, headers: http.OutgoingHttpHeaders): Promise<Seen> =>
  new Promise((resolve) => {
    const { get } = url.protocol === 'https:' ? https : http;
    const asked = get(url, { headers, timeout: answerMs, agent: false });
    const done = (seen: Seen) => {
      resolve(seen);
      asked.destroy();
    };
    asked.on('response', (response) => readAnswer(response, done));
    asked.on('upgrade', ({ statusCode: status = 101, headers: given }) =>
      done({ status, headers: given, body: '' }),
    );
    asked.on('timeout', () => done({ error: 'ETIMEDOUT', text: '' }));
    asked.on('error', ({ code = '', message }: NodeJS.ErrnoException) =>
      done({ error: code, text: message }),
    );
  });
const speaksTls = ({ hostname, port }: URL): Promise<boolean> =>
  new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket = connectTls({ host, port: Number(port), rejectUnauthorized: false, timeout: answerMs });
    const done = (isTls: boolean) => {
      resolve(isTls);
      socket.destroy();
    };
    socket.once('secureConnect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });

/** The message in an answer of Vigía's form; undefined for one of another program. */
const ownError = (body: string): Diagnosis | undefined => {
  try {
    const { error } = JSON.parse(body) as { readonly error?: Partial<Diagnosis> };
    const { code, message } = error ?? {};
    return typeof code === 'string' && typeof message === 'string' ? { code, message } : undefined;
  } catch {
    return undefined;
  }
};
const isHealth = (seen: Seen): boolean =>
  'status' in seen && /^\s*\{"status":"(alive|failed)"/.test(seen.body);

const certificate = (why: string): Diagnosis => ({
  code: 'bad_certificate',
  message:
    `has a certificate that ${why}. Use the name of the certificate in --url, or trust its authority with ` +
    'NODE_EXTRA_CA_CERTS=FILE.',
});
const noTls: Diagnosis = {
  code: 'no_tls',
  message: 'speaks no TLS on this port. Use http:// or ws:// in the address.',
};
const needsTls: Diagnosis = {
  code: 'needs_tls',
  message: 'speaks TLS on this port. Use https:// or wss:// in the address.',
};
const byError: Readonly<Record<string, Diagnosis>> = {
  ENOTFOUND: { code: 'name_unknown', message: 'cannot be found: DNS knows no such name. Check the address.' },
  EAI_AGAIN: {
    code: 'name_unknown',
    message: 'cannot be found now: DNS does not answer. Check the network.',
  },
  ETIMEDOUT: { code: 'unreachable', message: `cannot be reached (no answer in ${answerMs / 1_000} s)` },
  EPROTO: noTls,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  DEPTH_ZERO_SELF_SIGNED_CERT: certificate('it signed itself'),
  SELF_SIGNED_CERT_IN_CHAIN: certificate('an unknown authority signed'),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: certificate('an unknown authority signed'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: certificate('an unknown authority signed'),
  CERT_HAS_EXPIRED: certificate('has expired'),
  CERT_NOT_YET_VALID: certificate('is not valid yet, by the clock of this machine'),
  ERR_TLS_CERT_ALTNAME_INVALID: certificate('is for another name'),
};
const nginxLines =
  'In nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; ' +
  'proxy_set_header Connection "upgrade";';
const upgradeRemoved: Diagnosis = {
  code: 'upgrade_removed',
  message: `is Vigía, behind a proxy that removes the header Upgrade. Let it pass. ${nginxLines}`,
};
const wrongPath: Diagnosis = {
  code: 'wrong_path',
  message: 'answers, but there is no Vigía at this address. Correct its path.',
};
const other = (status: number, server: string | undefined): Diagnosis => ({
  code: 'not_vigia',
  message:
    `answers as another program (HTTP ${status}${server ? `, ${server}` : ''}): there is no Vigía at this ` +
    'address. Check the port and the path.',
});
const ofProxy = (code: string, message: string): Diagnosis => ({ code, message });

const fromStatus = (seen: Extract<Seen, { status: number }>): Diagnosis => {
  const { status, headers, body } = seen;
  const { location, server } = headers;
  if (status === 101)
    return { code: 'unreachable', message: 'was not reachable a moment ago, and is now. Try again' };
  if (/plain HTTP request was sent to HTTPS port/i.test(body)) return needsTls;
  if (status >= 300 && status < 400) {
    const target = location === undefined ? 'another address' : location.slice(0, 200);
    return ofProxy('redirected', `redirects to ${target}. Use that address, without redirects.`);
  }
  if (status === 401 || status === 407) {
    const scheme = /^[\w-]+/.exec(String(headers['www-authenticate'] ?? ''))?.[0] ?? 'other';
    const advice = `Exempt ${protocol.path} from it: Vigía checks its own keys.`;
    return ofProxy('proxy_auth', `is behind a proxy that wants ${scheme} authentication. ${advice}`);
  }
  if (status === 403)
    return ofProxy(
      'proxy_refused',
      `is behind a proxy or firewall that refuses ${protocol.path} (HTTP 403).`,
    );
  if (status === 502 || status === 503 || status === 504)
    return ofProxy(
      'proxy_unavailable',
      `is a proxy that cannot reach Vigía (HTTP ${status}). Start Vigía, or correct its address there.`,
    );
  return other(status, String(server ?? ''));
};

/**
 * `url`: any address that the client takes. Undefined when nothing more is known than the error of the
 * client.
 */
export const diagnose = async (given: URL): Promise<Diagnosis | undefined> => {
  const url = new URL(given);
  url.protocol = url.protocol.replace(/^ws/, 'http');
  const prefix = url.pathname.replace(/\/+$/, '').replace(new RegExp(`${protocol.path}$`), '');
  const at = (path: string) => Object.assign(new URL(url), { pathname: `${prefix}${path}` });
  const seen = await request(at(protocol.path), upgrade);
  if ('error' in seen) {
    const known = byError[seen.error];
    if (known !== undefined) return known;
    const isCut = seen.error === 'ECONNRESET' || seen.error.startsWith('HPE_');
    if (isCut && url.protocol === 'http:' && (await speaksTls(url))) return needsTls;
    if (seen.error.startsWith('HPE_'))
      return { code: 'not_vigia', message: 'answers, but speaks no HTTP: another program has this port.' };
    return undefined;
  }
  const own = ownError(seen.body);
  if (own?.code === 'upgrade_required') return upgradeRemoved;
  if (own?.code === 'not_found') return wrongPath;
  if (own !== undefined) return { ...own, message: `refused the connection: ${own.message}` };
  const isSilent = seen.status === 400 || seen.status === 404 || seen.status === 426 || seen.status === 200;
  if (isSilent && isHealth(await request(at('/livez'), {}))) return upgradeRemoved;
  return fromStatus(seen);
};
