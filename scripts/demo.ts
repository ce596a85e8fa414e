/**
 * `npm run demo`: a fake WhatsApp server and the supervisor together, so that a newcomer sees Vigía work
 * without a phone. Five organizations are restored, and a sixth is paired. After a restart all six are
 * restored, and one of them keeps dropping.
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
/** A terminal and npm both pass on one Ctrl-C. A second signal within this time is the same Ctrl-C. */
const sameSignalMs = 1_000;
const print = (text: string) => process.stdout.write(`\n── ${text}\n\n`);

/** The wanted port, or 0 (any free port) when it cannot be used. */
const portOr = async (wanted: number): Promise<number> => {
  const probe = createServer();
  try {
    probe.listen(wanted, '127.0.0.1');
    await once(probe, 'listening');
    return wanted;
  } catch {
    print(`Port ${wanted} is not available, so the demo takes a free one.`);
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
    // the second Ctrl-C ends the demo at once
    if (performance.now() - endingSince > sameSignalMs) process.exit(1);
    return;
  }
  endingSince = performance.now();
  print('Stopping: the sockets are closed without a logout, and the directory of the demo is removed.');
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

  print('A fake WhatsApp server and Vigía, on a directory with five organizations. Ctrl-C stops both.');
  const first = await start();
  for (const org of organizations) await first.client.reaches(org, 'connected');
  print(
    `All five are connected. The control API is ${first.url}/v1; its key is in ${root}/.vigia/first-key.`,
  );
  await wait(readingMs);

  print('A new customer is paired: "new-customer" asks for a QR.');
  await first.client.call('session.pair', { orgId: 'new-customer' });
  const { data } = await first.client.event(
    'a QR',
    (e) => e.type === 'pairing.updated' && e.data.status === 'qr',
  );
  print(`A QR arrived. It is secret, so it is not shown. The "phone" scans it in ${scanAfterMs / 1_000} s.`);
  await wait(scanAfterMs);
  print('The phone scans.');
  await whatsapp.scan(String(data.qr), { phone: fictionalPhone(99) });
  await first.client.reaches('new-customer', 'connected');
  await wait(readingMs);

  print('Linked and connected. Now Vigía is stopped and started again, and no phone scans.');
  first.client.close();
  await vigia?.stop();
  const second = await start();
  for (const org of [...organizations, 'new-customer']) await second.client.reaches(org, 'connected');
  const { registrations, doubleLogins } = whatsapp.stats();
  print(
    `All six are connected. QRs requested: ${registrations}. Double logins of a device: ${doubleLogins}.`,
  );
  await wait(readingMs);

  print(`The connection of "flapping" is now cut every ${dropEveryMs / 1_000} s. Ctrl-C stops the demo.`);
  for (;;) {
    await wait(dropEveryMs);
    whatsapp.strike(fictionalPhone(organizations.length), { kind: 'cut', how: 'reset' });
  }
};
try {
  await story();
} catch (error) {
  // While the demo stops, its open waits fail, as expected.
  if (endingSince === undefined) {
    process.stderr.write(`The demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
    await end(1);
  }
  await new Promise(() => {});
}
