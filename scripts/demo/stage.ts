/** The stage of the demo: a fake WhatsApp server and Vigía, on a directory that ends with the demo. */
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startVigia, type Vigia } from '../../src/app/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { readText } from '../../src/disk/read-text.ts';
import { openLog } from '../../src/log/log.ts';
import { Client } from '../../test/support/client.ts';
import { trustTestRoot } from '../../test/support/whatsapp/certificate.ts';
import { fictionalPhone, seedCredentials } from '../../test/support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../../test/support/whatsapp/server.ts';
import { directoryPrefix, socketName } from './act.ts';
import { openPhones, type Phones } from './phones.ts';

export const organizations = ['acme', 'bakery', 'clinic', 'dentist', 'flapping'];

/** Settings of the shell that the demo sets itself, and proxies, which do not reach a fake WhatsApp. */
const own = /^(AUTH_DIR|WHATSAPP_WS_URL|PORT|HOST|API_KEY_FILE|TLS_.*|.*PROXY.*)$/i;
export interface Stage {
  readonly whatsapp: FakeWhatsApp;
  readonly url: string;
  /** The beginning of a command line for another terminal, which can be copied as it stands. */
  readonly command: string;
  readonly phones: Phones;
  /** Starts Vigía, and waits until every organization so far is connected. */
  start(orgs: readonly string[]): Promise<Client>;
  stop(): Promise<void>;
  /** Ends everything, and removes the directory. */
  close(): Promise<void>;
}

/** The wanted port, or a free one when it cannot be used. */
const portOr = async (wanted: number, print: (text: string) => void): Promise<number> => {
  const tryPort = async (port: number): Promise<number | undefined> => {
    const probe = createServer();
    try {
      probe.listen(port, '127.0.0.1');
      await once(probe, 'listening');
      return (probe.address() as AddressInfo).port;
    } catch {
      return undefined;
    } finally {
      probe.close();
    }
  };
  const port = await tryPort(wanted);
  if (port !== undefined) return port;
  print(`Port ${wanted} is not available, so the demo takes a free one.`);
  return (await tryPort(0)) ?? 0;
};

/** `env`: the shell. Its webhooks, its API_KEY and its policy are those of the demo. */
export const openStage = async (
  env: Readonly<Record<string, string | undefined>>,
  print: (text: string) => void,
): Promise<Stage> => {
  trustTestRoot();
  const base = await mkdtemp(join(tmpdir(), directoryPrefix));
  const root = join(base, 'auth_sessions');
  await mkdir(root, { mode: 0o700 });
  const whatsapp = new FakeWhatsApp({ relay: true }); // the organizations write to each other
  const whatsappUrl = await whatsapp.listen();
  for (const [n, org] of organizations.entries())
    await seedCredentials(join(root, org), { phone: fictionalPhone(n + 1), device: 1, name: org });
  const port = await portOr(Number(env['PORT'] ?? 3000), print);
  const given = Object.fromEntries(Object.entries(env).filter(([name]) => !own.test(name)));
  const settings = {
    SCAN_INTERVAL_MS: '10000',
    ...given,
    ...{ AUTH_DIR: root, WHATSAPP_WS_URL: whatsappUrl, PORT: String(port) },
  };
  const result = readConfig(settings, readText);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  const { config } = result;
  const log = openLog({ level: env['LOG_LEVEL'] ?? 'info', format: 'pretty' });
  const keyFile = join(base, 'key');
  const url = `http://127.0.0.1:${port}`;
  let vigia: Vigia | undefined;
  let client: Client | undefined;
  const phones = await openPhones(join(base, socketName), whatsapp, () => client);
  const stop = async (): Promise<void> => {
    client?.close();
    client = undefined;
    await vigia?.stop();
    vigia = undefined;
  };
  return {
    whatsapp,
    url,
    phones,
    command: `npm run --silent vigia -- --url ${url} --key-file ${keyFile}`,
    start: async (orgs) => {
      vigia = await startVigia(config, log);
      const key = env['API_KEY'] ?? (await readFile(join(root, '.vigia/first-key'), 'utf8')).trim();
      await writeFile(keyFile, `${key}\n`, { mode: 0o600 });
      client = await Client.connect(vigia.url, key);
      for (const org of orgs) await client.reaches(org, 'connected');
      return client;
    },
    stop,
    close: async () => {
      await phones.close();
      await stop();
      await whatsapp.close();
      await rm(base, { recursive: true, force: true });
    },
  };
};
