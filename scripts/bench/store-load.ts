/**
 * What a fleet writes: transactions as Baileys makes them when messages come and go, in the sizes of its own
 * structures.
 */
import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { SignalDataSet } from '@whiskeysockets/baileys';
import { quantile } from './benchmark.ts';

/** One way of keeping keys, opened for all organizations. */
export interface Keeping {
  /** Resolves when the keys of this organization are as durable as this contender makes them. */
  readonly set: (org: number, data: SignalDataSet) => Promise<void>;
  /** Credentials changed; Baileys does not wait for that. */
  readonly saveCreds: (org: number) => void;
  /** Resolves when everything lies in plain files, or wherever this contender keeps it for good. */
  readonly settle: () => Promise<void>;
}
export interface Load {
  readonly organizations: number;
  readonly inFlight: number;
  readonly ms: number;
}
export interface Carried {
  readonly transactions: number;
  /** A second, while the load lasted. */
  readonly rate: number;
  /** A second, over the load and what was left to be put in place after it. */
  readonly sustained: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly settleMs: number;
  readonly cpuUs: number;
  readonly loopP99Ms: number;
  readonly rssMb: number;
}

const contacts = 150;
const groups = 20;
const sessionBytes = 1_200; // 1.6 KB in base64
const senderKeyBytes = 1_100;
/** Deterministic, so that every contender is asked for the same. */
const diceOf = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

/**
 * 60 of a hundred: one session; 15: a new contact; 15: a group's sender key; 8: a message to three devices. 2
 * are credentials.
 */
const transaction = (random: () => number, n: number): SignalDataSet | 'credentials' => {
  const kind = random() * 100;
  const contact = () => `${Math.floor(random() * contacts)}.0`;
  const bytes = (length: number) => randomBytes(length);
  if (kind < 60) return { session: { [contact()]: bytes(sessionBytes) } };
  if (kind < 75) {
    const id = `${1_000 + n}`;
    return {
      session: { [`${id}.0`]: bytes(sessionBytes) },
      'identity-key': { [`${id}.0`]: bytes(33) },
      'lid-mapping': { [id]: `88${id}`, [`88${id}_reverse`]: id },
      'device-list': { [id]: ['0', '1'] },
      tctoken: { [`${id}@s.whatsapp.net`]: { token: bytes(32) } },
      'pre-key': { [n]: null },
    };
  }
  if (kind < 90) return { 'sender-key': { [`g${Math.floor(random() * groups)}`]: bytes(senderKeyBytes) } };
  if (kind < 98)
    return { session: Object.fromEntries([0, 1, 2].map(() => [contact(), bytes(sessionBytes)])) };
  return 'credentials';
};

export const carry = async (keeping: Keeping, { organizations, inFlight, ms }: Load): Promise<Carried> => {
  const random = diceOf(1);
  const took: number[] = [];
  const loop = monitorEventLoopDelay({ resolution: 1 });
  let rssMb = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  loop.enable();
  let n = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() - start < ms) {
      n += 1;
      const org = Math.floor(random() * organizations);
      const data = transaction(random, n);
      if (data === 'credentials') {
        keeping.saveCreds(org);
        continue;
      }
      const at = performance.now();
      await keeping.set(org, data);
      took.push(performance.now() - at);
      if (took.length % 1_000 === 0) rssMb = Math.max(rssMb, process.memoryUsage.rss() / 2 ** 20);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const loadMs = performance.now() - start;
  loop.disable();
  await keeping.settle();
  const allMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return {
    transactions: took.length,
    rate: (took.length / loadMs) * 1_000,
    sustained: (took.length / allMs) * 1_000,
    p50Ms: quantile(took, 0.5),
    p99Ms: quantile(took, 0.99),
    settleMs: allMs - loadMs,
    cpuUs: (user + system) / took.length,
    loopP99Ms: loop.percentile(99) / 1e6,
    rssMb,
  };
};
