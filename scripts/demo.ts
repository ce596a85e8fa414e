/**
 * `npm run demo`: a fake WhatsApp server and the supervisor together, so that a newcomer sees it work without
 * a phone. Five organizations come back, one of them keeps dropping, one is paired, and after a restart all
 * six are there again.
 */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startVigia, type Vigia } from '../src/app/app.ts';
import { readConfig } from '../src/config/config.ts';
import { openLog } from '../src/log/log.ts';
import { Client } from '../test/support/client.ts';
import { trustTestRoot } from '../test/support/whatsapp/certificate.ts';
import { fictionalPhone, seedCredentials } from '../test/support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../test/support/whatsapp/server.ts';

const organizations = ['acme', 'bakery', 'clinic', 'dentist', 'flapping'];
const dropEveryMs = 20_000;
const scanAfterMs = 8_000;
const readingMs = 4_000;
/** A terminal and npm both pass on one Ctrl-C: what follows this soon is the same one. */
const sameSignalMs = 1_000;
const say = (text: string) => process.stdout.write(`\n── ${text}\n\n`);

/** The wanted port, or a free one when somebody else listens there. */
const portOr = async (wanted: number): Promise<number> => {
  const probe = createServer();
  try {
    probe.listen(wanted, '127.0.0.1');
    await once(probe, 'listening');
    return wanted;
  } catch {
    say(`Port ${wanted} cannot be used here (another program listens on it, say), so a free one is taken.`);
    return 0;
  } finally {
    probe.close();
  }
};

const root = await mkdtemp(join(tmpdir(), 'vigia-demo-'));
const whatsapp = new FakeWhatsApp();
let vigia: Vigia | undefined;
let endingSince: number | undefined;
const end = async (code: number) => {
  if (endingSince !== undefined) {
    if (performance.now() - endingSince > sameSignalMs) process.exit(1); // asked twice: at once, then
    return;
  }
  endingSince = performance.now();
  say('Ending: sockets are closed without logging anybody out, and the directory of the demo is removed.');
  await vigia?.stop();
  await whatsapp.close();
  await rm(root, { recursive: true, force: true });
  process.exit(code);
};
process.on('SIGINT', () => void end(0));
process.on('SIGTERM', () => void end(0));

const story = async () => {
  trustTestRoot();
  const whatsappUrl = await whatsapp.listen();
  for (const [n, org] of organizations.entries())
    await seedCredentials(join(root, org), { phone: fictionalPhone(n + 1), device: 1, name: org });
  const port = await portOr(Number(process.env['PORT'] ?? 3000));
  const env = { AUTH_DIR: root, WHATSAPP_WS_URL: whatsappUrl, SCAN_INTERVAL_MS: '10000', PORT: String(port) };
  const result = readConfig(env, (file) => {
    throw new Error(`the demo reads no policy file (${file})`);
  });
  if (!result.ok) throw new Error(result.problems.join('\n'));
  const { config } = result;
  const log = openLog({ level: 'info', format: 'pretty' });
  const start = async () => {
    vigia = await startVigia(config, log);
    const key = (await readFile(join(root, '.vigia/first-key'), 'utf8')).trim();
    return { url: vigia.url.replace('http', 'ws'), client: await Client.connect(vigia.url, key) };
  };

  say('A fake WhatsApp server and Vigía, on a directory with five organizations. Ctrl-C ends both.');
  const first = await start();
  for (const org of organizations) await first.client.reaches(org, 'connected');
  say(`All five are back. The control API is ${first.url}/v1, its key is in ${root}/.vigia/first-key.`);
  await wait(readingMs);

  say('A customer is to be paired: "new-customer" asks for a QR.');
  await first.client.call('session.pair', { orgId: 'new-customer' });
  const { data } = await first.client.event(
    'a QR',
    (e) => e.type === 'pairing.updated' && e.data.status === 'qr',
  );
  say(
    'A QR has arrived (it is a secret, so it is not shown). Its "phone" scans it in ' +
      `${scanAfterMs / 1_000} seconds.`,
  );
  await wait(scanAfterMs);
  say('The phone scans.');
  await whatsapp.scan(String(data.qr), { phone: fictionalPhone(99) });
  await first.client.reaches('new-customer', 'connected');
  await wait(readingMs);

  say('Linked and connected. Now Vigía is stopped and started again, and nobody scans.');
  first.client.close();
  await vigia?.stop();
  const second = await start();
  for (const org of [...organizations, 'new-customer']) await second.client.reaches(org, 'connected');
  const { registrations, doubleLogins } = whatsapp.stats();
  say(
    `All six are back. QRs that were asked for in all: ${registrations}; two logins of one device at ` +
      `once: ${doubleLogins}.`,
  );
  await wait(readingMs);

  say(`From now on the connection of "flapping" is cut every ${dropEveryMs / 1_000} seconds. Ctrl-C ends.`);
  for (;;) {
    await wait(dropEveryMs);
    whatsapp.strike(fictionalPhone(organizations.length), { kind: 'cut', how: 'reset' });
  }
};
try {
  await story();
} catch (error) {
  // while it ends, whatever the story still waited for fails, and that is all right
  if (endingSince === undefined) {
    process.stderr.write(
      `The demo cannot go on: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    await end(1);
  }
  await new Promise(() => {});
}
