/**
 * Bare Baileys that sends and receives: one process, a socket for each directory, with Vigía's options and
 * measures. It is the baseline, and the other end of every conversation. Plain JavaScript, so that no loader
 * is measured with it. Arguments: `memory` or `files` (where keys are kept), the directory, the address of
 * the server. On standard input `send <count>` lets every organization send that many messages to the phone
 * in its `peer` file, one after another. It writes `open N`, `sent N` and `received N`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DEFAULT_CONNECTION_CONFIG, makeWASocket, useMultiFileAuthState } from '@whiskeysockets/baileys';
import { pino } from 'pino';
import { retryCounters } from '../../dist/src/whatsapp/caches.js';
import { checkCertificates } from '../../dist/src/whatsapp/patches/certificates.js';
import { withSharedContext } from '../../dist/src/whatsapp/patches/shared-context.js';
import { socketOptions } from '../../dist/src/whatsapp/socket-options.js';

const [keep, root = '.', url = ''] = process.argv.slice(2);
const logger = pino({ level: 'silent' });
const { version } = DEFAULT_CONNECTION_CONFIG;
const counts = { open: 0, sent: 0, received: 0 };
const count = (what) => {
  counts[what] += 1;
  process.stdout.write(`${what} ${counts[what]}\n`);
};
// the library under Baileys prints sessions, with their private keys, when it replaces them
console.info = () => undefined;
checkCertificates();

const inMemory = () => {
  const kept = new Map();
  const pick = (type, ids) =>
    Object.fromEntries(
      ids.flatMap((id) => (kept.has(`${type}/${id}`) ? [[id, kept.get(`${type}/${id}`)]] : [])),
    );
  return {
    get: pick,
    set: (data) => {
      for (const [type, values] of Object.entries(data))
        for (const [id, value] of Object.entries(values)) kept.set(`${type}/${id}`, value);
    },
  };
};
const sockets = [];
const start = async (name) => {
  const directory = join(root, name);
  const { state } = await useMultiFileAuthState(directory);
  const auth = keep === 'memory' ? { creds: state.creds, keys: inMemory() } : state;
  const sent = new Map();
  const sock = withSharedContext(() =>
    makeWASocket({
      ...socketOptions({ auth, version, logger, retries: retryCounters(), url }),
      emitOwnEvents: false,
      getMessage: async ({ id }) => sent.get(id),
    }),
  );
  const peer = readFileSync(join(root, `.peer-${name}`), 'utf8');
  sockets.push({ sock, sent, jid: `${peer}@s.whatsapp.net`, name });
  sock.ev.on('connection.update', ({ receivedPendingNotifications }) => {
    if (receivedPendingNotifications) count('open');
  });
  sock.ev.on('messages.upsert', ({ messages }) => {
    for (const { message } of messages) if (message) count('received');
  });
};
const sendMany = async ({ sock, sent, jid, name }, many) => {
  for (let n = 0; n < many; n += 1) {
    const content = { text: `${name} writes ${n}: your order is on its way`, linkPreview: null };
    const { key, message } = await sock.sendMessage(jid, content);
    sent.set(key.id, message);
    count('sent');
  }
};
createInterface({ input: process.stdin }).on('line', (line) => {
  const many = Number(line.split(' ')[1]);
  for (const one of sockets) void sendMany(one, many);
});
for (const name of readdirSync(root).filter((entry) => !entry.startsWith('.'))) await start(name);
