/**
 * `npm run demo`: a fake WhatsApp server and the supervisor together, so that a newcomer sees it work without a phone. Five
 * organizations come back, one of them keeps dropping, and one waits to be paired; its "phone" scans after a while.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startVigia } from '../src/app/app.ts';
import { readConfig } from '../src/config/config.ts';
import { openLog } from '../src/log/log.ts';
import { Client } from '../test/support/client.ts';
import { trustTestRoot } from '../test/support/whatsapp/certificate.ts';
import { fictionalPhone, seedCredentials } from '../test/support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../test/support/whatsapp/server.ts';

const say = (text: string) => process.stdout.write(`\n── ${text}\n\n`);
const organizations = ['acme', 'bakery', 'clinic', 'dentist', 'flapping'];
const dropEveryMs = 20_000;
const scanAfterMs = 15_000;

trustTestRoot();
const whatsapp = new FakeWhatsApp();
const whatsappUrl = await whatsapp.listen();
const root = await mkdtemp(join(tmpdir(), 'vigia-demo-'));
for (const [n, org] of organizations.entries())
  await seedCredentials(join(root, org), { phone: fictionalPhone(n + 1), device: 1, name: org });

const result = readConfig(
  { PORT: '3000', ...process.env, AUTH_DIR: root, WHATSAPP_WS_URL: whatsappUrl, LOG_FORMAT: 'pretty', SCAN_INTERVAL_MS: '10000' },
  (file) => {
    throw new Error(`the demo reads no policy file (${file})`);
  },
);
if (!result.ok) {
  process.stderr.write(`${result.problems.join('\n')}\n`);
  process.exit(2);
}
say('A fake WhatsApp server and Vigía, on a directory with five organizations. Ctrl-C ends both.');
const vigia = await startVigia(result.config, openLog({ level: 'info', format: 'pretty' }));
const key = result.config.API_KEY ?? (await readFile(join(root, '.vigia/first-key'), 'utf8')).trim();
let isOver = false;
const stop = async () => {
  if (isOver) process.exit(1);
  isOver = true;
  say('Ending: sockets are closed without logging anybody out.');
  await vigia.stop();
  await whatsapp.close();
  await rm(root, { recursive: true, force: true });
  process.exit(0);
};
process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());

const client = await Client.connect(vigia.url, key);
await wait(3_000);
say(`The control API is at ${vigia.url.replace('http', 'ws')}/v1. Now "new-customer" is to be paired: a QR is asked for.`);
await client.call('session.pair', { orgId: 'new-customer' });
const { data } = await client.event('a QR', (e) => e.type === 'pairing.updated' && e.data.status === 'qr');
say(
  `A QR has arrived (it is a secret, so it is not shown). The "phone" scans it in ${scanAfterMs / 1_000} s; meanwhile "flapping" drops every ${dropEveryMs / 1_000} s.`,
);
const flap = setInterval(() => void whatsapp.strike(fictionalPhone(5), { kind: 'cut', how: 'reset' }), dropEveryMs);
await wait(scanAfterMs);
if (!isOver) {
  say('The phone scans.');
  await whatsapp.scan(String(data.qr), { phone: fictionalPhone(99) });
  await client.reaches('new-customer', 'connected');
  say('Linked and connected. Kill this process and start Vigía on the same directory: nobody would have to scan again.');
}
flap.ref();
