/**
 * Writes batches of ten until it is killed: `ask <n>` before batch n, `ack <n>` when it was told that it is
 * durable, both synchronously. With `stop` as third argument it writes one batch, and must end by itself:
 * nothing of the database may keep it.
 */
import { writeSync } from 'node:fs';
import { openDatabase } from '../../src/database/database.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';

const [directory = '', first, stop] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);
const database = await openDatabase({
  disk: nodeDisk(),
  directory,
  aside: () => Promise.reject(new Error('moved aside')),
  log: (event) => say(`warn ${event}`),
});
const table = database.table('history');
for (let n = Number(first); ; n += 1) {
  say(`ask ${n}`);
  await table.write(
    Array.from({ length: 10 }, (_, i) => ({ key: ['acme', n, i], value: { n, text: 'x'.repeat(n % 500) } })),
  );
  say(`ack ${n}`);
  if (stop === 'stop') break;
}
await database.close();
