/**
 * An organization that receives until it is killed. Arguments: the root, the address of the server. The
 * database is a file with one line for each message, synced before it counts as taken.
 */
import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createActor, sendTo, setup } from 'xstate';
import { nodeDisk } from '../../../src/disk/node-disk.ts';
import { openJournal } from '../../../src/offline/journal.ts';
import { readCredentials } from '../../../src/sessions/credentials.ts';
import { layoutOf } from '../../../src/sessions/layout.ts';
import { openConnections } from '../../../src/whatsapp/connections.ts';
import type { ArrivedMessage, MessageDoor } from '../../../src/whatsapp/messages/port.ts';
import { openStore } from '../../../src/whatsapp/store/open-store.ts';

const [root = '', url = ''] = process.argv.slice(2);
const layout = layoutOf(root);
const disk = nodeDisk();
const nothing = (): void => undefined;

const rowsFile = join(root, 'rows');
/** A kill may cut the last line: that message was not taken. */
const wholeLines = existsSync(rowsFile) ? readFileSync(rowsFile, 'utf8').split('\n').slice(0, -1) : [];
const rows = wholeLines.flatMap((line): ArrivedMessage[] => (line.endsWith('}') ? [JSON.parse(line)] : []));
const fd = openSync(rowsFile, 'a');
process.on('exit', () => closeSync(fd));

const door: MessageDoor = {
  isWanted: () => true,
  find: async (_, { id, digest }) => {
    const found = rows.find((row) => row.id === id && row.digest === digest);
    return found && Buffer.from(found.plaintext, 'base64');
  },
  take: async (_, arrived) => {
    const news = arrived.filter(({ digest }) => !rows.some((row) => row.digest === digest));
    writeSync(fd, news.map((row) => `\n${JSON.stringify(row)}\n`).join(''));
    fdatasyncSync(fd);
    rows.push(...news);
  },
  unreadable: (_, { id }, why) => void process.stderr.write(`unreadable ${id}: ${why}\n`),
  sentContent: async () => undefined,
  updated: async () => undefined,
  restricted: nothing,
};
const journal = await openJournal({
  disk,
  layout,
  lock: { wasTakenBy: 'other' },
  now: Date.now,
  log: nothing,
});
journal.handTo(door.take);
const connections = openConnections({
  versions: { current: () => [2, 3000, 1], renew: async () => false },
  openStore: ({ org }, on) =>
    openStore({
      disk,
      directory: layout.organization(org),
      mode: 'restore',
      identify: readCredentials,
      journal,
      on,
    }),
  url,
  pingDeadlineMs: 20_000,
  deafMs: 300_000,
  pairingMs: 60_000,
  now: Date.now,
  log: () => nothing,
  onReplaced: nothing,
  messages: door,
});
createActor(
  setup({ actors: { connection: connections.logic } }).createMachine({
    invoke: {
      id: 'connection',
      src: 'connection',
      input: { org: 'acme', mode: 'restore', fingerprint: 'f' },
    },
    entry: sendTo('connection', { type: 'connection.open' }),
  }),
).start();
process.stdin.on('end', () => process.exit(0)).resume();
process.stdout.write('started\n');
