/**
 * Produces events and delivers them until it is killed: `recorded <id>` (synchronously) when it was told that
 * the event can no longer be lost. Arguments: the database's directory, the receiver's address, the number of
 * the first event. With `drain` as fourth it produces nothing and goes on until nothing waits.
 */
import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { openDatabase } from '../../src/database/database.ts';
import { allowing } from '../../src/delivery/address.ts';
import { Deliveries } from '../../src/delivery/delivery.ts';
import { openPost } from '../../src/delivery/http-post.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { eventOf, webhookAt } from './harness.ts';

const [directory = '', url = '', first, mode] = process.argv.slice(2);
const say = (line: string): void => void writeSync(1, `${line}\n`);
const database = await openDatabase({
  disk: nodeDisk(),
  directory,
  aside: () => Promise.reject(new Error('moved aside')),
  log: (event) => say(`warn ${event}`),
});
const delivery = new Deliveries({
  table: database.table('outbox'),
  endpoints: [webhookAt(url)],
  post: openPost({ isAllowed: allowing(['127.0.0.0/8']) }),
  now: () => Date.now(),
  random: Math.random,
  divisor: 50_000_000, // the last wait of the schedule is two milliseconds: what fails is tried again at once
  onHealth: () => {},
  onAttempt: () => {},
  log: () => {},
});
for (let n = Number(first); mode !== 'drain'; n += 1) {
  await delivery.record(eventOf(`evt_${n}`, { data: { session: { orgId: 'acme', revision: n } } }));
  say(`recorded ${n}`);
  if (n % 10 === 0) await wait(1);
}
while (delivery.counts().some(({ pending }) => pending > 0)) await wait(20);
await delivery.close();
await database.close();
say('drained');
