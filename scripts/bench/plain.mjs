/**
 * The baselines: one process, and for each directory `useMultiFileAuthState`, `makeWASocket`, and a new
 * socket when it closes. Plain JavaScript, so that no loader is measured with it. Arguments: `naive` or
 * `bare`, the directory, the address of the server.
 *
 * `naive` is what tutorials do: every option is Baileys' default, but for the address and a silent logger.
 * `bare` is Baileys with Vigía's options and measures (one shared context, certificates once, caches) and
 * nothing else of Vigía: no store, no supervisor. Says `open N` when N organizations have been open at least
 * once, and `opens N` for every opening.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import makeWASocket, { DEFAULT_CONNECTION_CONFIG, useMultiFileAuthState } from '@whiskeysockets/baileys';
import { pino } from 'pino';

const [kind, root = '.', url = ''] = process.argv.slice(2);
const logger = pino({ level: 'silent' });
const opened = new Set();
let opens = 0;

const makers = {
  naive: async () => (auth) => makeWASocket({ auth, logger, waWebSocketUrl: url }),
  bare: async () => {
    const { checkCertificates } = await import('../../dist/src/whatsapp/patches/certificates.js');
    const { retryCounters } = await import('../../dist/src/whatsapp/caches.js');
    const { lightenRetryMemory } = await import('../../dist/src/whatsapp/patches/retry-memory.js');
    const { partsOf } = await import('../../dist/src/whatsapp/patches/socket-parts.js');
    const { socketOptions } = await import('../../dist/src/whatsapp/socket-options.js');
    const { withSharedContext } = await import('../../dist/src/whatsapp/patches/shared-context.js');
    checkCertificates();
    const { version } = DEFAULT_CONNECTION_CONFIG;
    return (auth) => {
      const sock = withSharedContext(() =>
        makeWASocket(socketOptions({ auth, version, logger, retries: retryCounters(), url })),
      );
      lightenRetryMemory(partsOf(sock));
      return sock;
    };
  },
};
const make = await makers[kind]();
const start = async (directory) => {
  const { state, saveCreds } = await useMultiFileAuthState(directory);
  const sock = make(state);
  sock.ev.on('creds.update', () => void saveCreds());
  sock.ev.on('connection.update', ({ connection }) => {
    if (connection === 'open') {
      opened.add(directory);
      opens += 1;
      process.stdout.write(`open ${opened.size}\nopens ${opens}\n`);
    }
    if (connection === 'close') void start(directory);
  });
};
process.stdout.write('started\n');
const directories = readdirSync(root).filter((name) => !name.startsWith('.'));
if (process.env.ALL_AT_ONCE) for (const name of directories) void start(join(root, name));
else for (const name of directories) await start(join(root, name));
setInterval(() => {}, 60_000); // also without a session it stays, to be measured
