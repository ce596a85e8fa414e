/**
 * The baseline: what every tutorial does. One process, and for each directory `useMultiFileAuthState`, `makeWASocket`, and a new
 * socket when it closes. Says `open N` for each session that is open. Arguments: directory, address of the server.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import makeWASocket, { useMultiFileAuthState } from '@whiskeysockets/baileys';
import { pino } from 'pino';

const [root = '.', url = ''] = process.argv.slice(2);
const logger = pino({ level: 'silent' });
let open = 0;
const start = async (directory: string): Promise<void> => {
  const { state, saveCreds } = await useMultiFileAuthState(directory);
  const sock = makeWASocket({ auth: state, logger, waWebSocketUrl: url });
  sock.ev.on('creds.update', () => void saveCreds());
  sock.ev.on('connection.update', ({ connection }) => {
    if (connection === 'open') {
      open += 1;
      process.stdout.write(`open ${open}\n`);
    }
    if (connection === 'close') void start(directory);
  });
};
for (const name of readdirSync(root)) if (!name.startsWith('.')) await start(join(root, name));
