/**
 * Writes credentials and keys back to back until it is killed, and says on stdout, synchronously, what it was
 * told is durable: `ask <n>` before step n, `ack <n>` when its keys are durable, `creds <n>` when the
 * credentials of step n are. Step n sets the session `k<n mod 20>` to n, makes pre-key n and removes pre-key
 * n-30, in one `keys.set`. Arguments: the directory, the first n; with `files` as the third, every key into
 * its own file, as in a pairing: else the journal in `.vigia/` beside the directory, opened as a start opens
 * it.
 */

import { writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { WriteLog } from '../../../src/base/log.ts';
import { nodeDisk } from '../../../src/disk/node-disk.ts';
import { openJournal } from '../../../src/offline/journal.ts';
import { readCredentials } from '../../../src/sessions/credentials.ts';
import { layoutOf } from '../../../src/sessions/layout.ts';
import { openStore } from '../../../src/whatsapp/store/open-store.ts';

const [directory, first, how] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);
const fail = (line: string): void => void writeSync(2, `${line}\n`);
const inFlight = 4;

const disk = nodeDisk();
const open = async () => {
  const log: WriteLog = (event) => {
    if (event !== 'journal.replayed') fail(event);
  };
  return openJournal({
    disk,
    layout: layoutOf(dirname(directory!)),
    lock: { wasTakenBy: 'other' },
    now: Date.now,
    log,
  });
};
const store = await openStore({
  disk,
  directory: directory!,
  mode: 'restore',
  identify: readCredentials,
  ...(how !== 'files' && { journal: await open() }),
  on: {
    failed: (code) => fail(`failed ${code}`),
    recovered: () => fail('recovered'),
    replaced: () => fail('replaced'),
    log: (event) => fail(event),
  },
});
if (store.kind === 'refused') throw new Error(store.message);
const { creds, keys } = store.auth;

const step = async (n: number): Promise<void> => {
  say(`ask ${n}`);
  // From a few bytes to many pages: a torn write would show.
  const session = Buffer.from(`${n} ${'x'.repeat((n % 7) ** 6)}`);
  const preKey = { public: Buffer.alloc(32, n), private: Buffer.alloc(32, n) };
  await keys.set({
    session: { [`k${n % 20}`]: session },
    'pre-key': { [n]: preKey, ...(n > 30 && { [n - 30]: null }) },
  });
  say(`ack ${n}`);
};

let running = 0;
for (let n = Number(first); ; n += 1) {
  creds.nextPreKeyId = n;
  store.saveCreds();
  running += 1;
  void step(n).then(() => (running -= 1));
  if (n % 10 === 0 && (await store.drained()) === 'durable') say(`creds ${n}`);
  while (running >= inFlight) await turn();
}
