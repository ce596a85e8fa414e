/** What the command line says when the server cannot be reached: each cause has a sentence and a code. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adminKey, type Harness, startHarness } from '../control/harness.ts';
import { selfSigned } from '../support/certificate.ts';
import { vigia } from '../support/command-line.ts';

let harness: Harness;
let directory: string;
const servers: Server[] = [];
beforeAll(async () => {
  harness = await startHarness();
  directory = await mkdtemp(join(tmpdir(), 'vigia-cli-'));
});
afterAll(async () => {
  for (const server of servers) server.close();
  await harness.stop();
  await rm(directory, { recursive: true, force: true });
});
const key = { VIGIA_API_KEY: adminKey };
const opened = async (server: Server): Promise<number> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
};
const answering = (status: number, headers: Record<string, string> = {}, body = '<html>no</html>') => {
  const listener: RequestListener = (_, response) => response.writeHead(status, headers).end(body);
  return opened(createServer(listener));
};
const fails = async (url: string, code: string, message: RegExp, env: Record<string, string> = key) => {
  const ended = await vigia(['status', '--json', '--url', url], env, directory);
  expect(ended.stdout).toBe('');
  const { error } = JSON.parse(
    ended.stderr.split('\n').filter((line) => line.startsWith('{'))[0] ?? '{}',
  ) as {
    error: { code: string; message: string };
  };
  expect(error.message).toMatch(message);
  expect(error.code).toBe(code);
  expect(ended.code).toBe(3);
};

it('a proxy that removes Upgrade is named, with the lines for nginx', { timeout: 180_000 }, async () => {
  const { port: to } = new URL(harness.server.url);
  const proxy = await opened(
    createServer((asked, response) => {
      const { upgrade: _, connection: __, ...headers } = asked.headers;
      const through = request({ host: '127.0.0.1', port: to, path: asked.url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      });
      through.end();
    }),
  );
  await fails(
    `http://127.0.0.1:${proxy}`,
    'upgrade_removed',
    /is Vigía, behind a proxy that removes .*proxy_http_version 1\.1/,
  );
  const partly = await opened(
    createServer((asked, response) => {
      const isHealth = asked.url === '/livez';
      response.writeHead(isHealth ? 200 : 404).end(isHealth ? '{"status":"alive"}\n' : 'nothing');
    }),
  );
  await fails(`http://127.0.0.1:${partly}`, 'upgrade_removed', /proxy_set_header Upgrade/);
});
it.each([
  [301, { location: 'https://wa.example/v1' }, 'redirected', /redirects to https:\/\/wa\.example\/v1/],
  [308, { location: 'https://wa.example/v1' }, 'redirected', /Use that address/],
  [401, { 'www-authenticate': 'Basic realm="x"' }, 'proxy_auth', /a proxy that wants Basic authentication/],
  [403, {}, 'proxy_refused', /a proxy or firewall that refuses \/v1/],
  [502, {}, 'proxy_unavailable', /a proxy that cannot reach Vigía \(HTTP 502\)/],
  [503, {}, 'proxy_unavailable', /HTTP 503/],
  [504, {}, 'proxy_unavailable', /HTTP 504/],
  [404, { server: 'nginx' }, 'not_vigia', /another program \(HTTP 404, nginx\): there is no Vigía/],
  [200, {}, 'not_vigia', /another program \(HTTP 200\)/],
] as const)(
  'an answer %i of another program is explained',
  { timeout: 180_000 },
  async (status, headers, code, message) => {
    const port = await answering(status, headers);
    await fails(`http://127.0.0.1:${port}`, code, message);
  },
);
it('TLS to a plain port, and the other way round', { timeout: 180_000 }, async () => {
  await fails(
    harness.server.url.replace('http:', 'https:'),
    'no_tls',
    /speaks no TLS on this port\. Use http:/,
  );
  const tls = await opened(createTlsServer(selfSigned(), (_, response) => response.end()));
  await fails(`http://127.0.0.1:${tls}`, 'needs_tls', /speaks TLS on this port\. Use https:/);
  const nginx = await answering(400, {}, '<h1>The plain HTTP request was sent to HTTPS port</h1>');
  await fails(`http://127.0.0.1:${nginx}`, 'needs_tls', /speaks TLS/);
});
it('a certificate that is not trusted, and a name that does not exist', { timeout: 180_000 }, async () => {
  const tls = await opened(createTlsServer(selfSigned(), (_, response) => response.end()));
  await fails(
    `https://127.0.0.1:${tls}`,
    'bad_certificate',
    /has a certificate that it signed itself.*NODE_EXTRA_CA_CERTS/,
  );
  await fails('http://no-such-name.invalid:1', 'name_unknown', /cannot be found/);
});
it('a program that speaks no HTTP', { timeout: 180_000 }, async () => {
  const ssh = await opened(
    createTcpServer((peer) => peer.on('error', () => undefined).end('SSH-2.0-OpenSSH\r\n')),
  );
  await fails(`http://127.0.0.1:${ssh}`, 'not_vigia', /speaks no HTTP/);
});

it('the default address comes from HOST, PORT and TLS_CERT_FILE, as for the server', {
  timeout: 60_000,
}, async () => {
  const tls = selfSigned();
  await writeFile(join(directory, 'cert.pem'), tls.cert);
  await writeFile(join(directory, 'key.pem'), tls.key);
  const files = { TLS_CERT_FILE: join(directory, 'cert.pem'), TLS_KEY_FILE: join(directory, 'key.pem') };
  for (const [HOST, host, secure] of [
    ['127.0.0.7', '127.0.0.7', false],
    ['0.0.0.0', '0.0.0.0', true],
    [' localhost\r', 'localhost', false],
  ] as const) {
    const own = await startHarness({ host, behindTlsProxy: true, ...(secure && { tls }) });
    const { port } = new URL(own.server.url);
    const env = { ...key, HOST, PORT: port, BEHIND_TLS_PROXY: 'true', ...(secure && files) };
    const ended = await vigia(['status', '--json'], env, directory);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(await vigia(['healthcheck', '--json'], env, directory)).toMatchObject({ code: 0 });
    await own.stop();
  }
  const impostor = await startHarness({ tls: selfSigned() });
  const { port } = new URL(impostor.server.url);
  const { code, stderr } = await vigia(['status'], { ...key, PORT: port, ...files }, directory);
  expect(code).toBe(3);
  expect(stderr).not.toContain(adminKey);
  await impostor.stop();
});
