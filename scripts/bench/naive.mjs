/**
 * The baseline: what every tutorial does. One process, and for each directory `useMultiFileAuthState`, `makeWASocket`, and a new
 * socket when it closes; with the options that Vigía uses, so that only the design differs. Plain JavaScript, so that no loader is
 * measured with it. Says `open N` for each session that is open. Arguments: directory, address of the server.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import makeWASocket, { DEFAULT_CONNECTION_CONFIG, useMultiFileAuthState } from '@whiskeysockets/baileys';
import { pino } from 'pino';
import { retryCounters, socketOptions } from '../../dist/src/whatsapp/options.js';

const [root = '.', url = ''] = process.argv.slice(2);
const logger = pino({ level: 'silent' });
let open = 0;
const start = async (directory) => {
  const { state, saveCreds } = await useMultiFileAuthState(directory);
  const sock = makeWASocket(
    socketOptions({ auth: state, version: DEFAULT_CONNECTION_CONFIG.version, logger, retries: retryCounters(), url }),
  );
  sock.ev.on('creds.update', () => void saveCreds());
  sock.ev.on('connection.update', ({ connection }) => {
    if (connection === 'open') {
      open += 1;
      process.stdout.write(`open ${open}\n`);
    }
    if (connection === 'close') void start(directory);
  });
};
process.stdout.write('started\n');
for (const name of readdirSync(root)) if (!name.startsWith('.')) await start(join(root, name));
setInterval(() => {}, 60_000); // also without a session it stays, to be measured
