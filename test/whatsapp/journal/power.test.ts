/**
 * The power goes at any operation of the disk, again and again: what was called durable is there, and a
 * transaction is whole or not there.
 */
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MemoryDisk } from '../../support/memory-disk.ts';
import { credentialsOf, parsed } from '../store/harness.ts';
import { credsOf, fleetDisk, inFile, killed, orgs, root, session, startOn } from './harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const names = Object.keys(orgs);
/** Enough that one transaction is put into files without a sync for each. */
const manyKeys = Array.from({ length: 260 }, (_, n) => `many${n}`);
const keysOf = { few: ['x', 'y', 'z'], many: manyKeys } as const;
const step = fc.record({
  org: fc.constantFrom(...names),
  keys: fc.oneof(
    { weight: 6, arbitrary: fc.constant('few' as const) },
    { weight: 1, arbitrary: fc.constant('many' as const) },
  ),
  remove: fc.boolean(),
  save: fc.boolean(),
  passMs: fc.constantFrom(0, 0, 10, 1_100, 61_000),
});
interface Life {
  readonly steps: readonly {
    readonly org: string;
    readonly keys: keyof typeof keysOf;
    readonly remove: boolean;
    readonly save: boolean;
    readonly passMs: number;
  }[];
  readonly cut: number;
  /** It lives to the end of its steps; then it goes. */
  readonly power: boolean;
}
const life: fc.Arbitrary<Life> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 8 }),
  cut: fc.oneof(
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 60 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 2_000 }) },
  ),
  power: fc.boolean(),
});

/** What each set of keys was told to be, and may be besides: those asked for last, and not answered. */
type Reported = Map<string, { durable: string | undefined; maybe: (string | undefined)[] }>;

/**
 * One life of the program, until the power goes or it is killed. Resolves with whether it went in the middle.
 */
const live = async (disk: MemoryDisk, { steps, cut, power }: Life, reported: Reported): Promise<boolean> => {
  disk.cutPower(cut);
  let failed = false;
  const started = await startOn(disk).catch(() => undefined);
  if (!started) return true;
  const stores = new Map<string, Awaited<ReturnType<typeof started.open>>>();
  for (const org of names) {
    const store = await started.open(org).catch(() => undefined);
    if (!store) return true;
    stores.set(org, store);
  }
  for (const [n, { org, keys, remove, save, passMs }] of steps.entries()) {
    const value = remove ? undefined : `${n} ${Math.round(performance.now() * 1_000)}`;
    const place = `${org} ${keys}`;
    const one = reported.get(place) ?? { durable: undefined, maybe: [] };
    reported.set(place, one);
    one.maybe.push(value);
    const store = stores.get(org)!;
    const data = session(Object.fromEntries(keysOf[keys].map((key) => [key, value ?? null])));
    void store.auth.keys.set(data).then(() => {
      one.maybe.splice(0, one.maybe.lastIndexOf(value) + 1);
      one.durable = value;
    });
    if (save) store.saveCreds();
    await vi.advanceTimersByTimeAsync(passMs);
    failed ||= started.events.length > 0;
  }
  vi.clearAllTimers();
  return failed || power;
};

test('whole or not there, whatever happens', { timeout: 120_000 }, async () => {
  let cuts = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(life, { minLength: 1, maxLength: 3 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      async (lives, chance) => {
        let disk = fleetDisk({ random: () => chance.next().value as number });
        const reported: Reported = new Map();
        for (const one of lives) {
          cuts += (await live(disk, one, reported)) ? 1 : 0;
          disk.crash();
          disk = killed(disk);
          const after = await startOn(disk);
          await after.journal.close();
          expect(disk.paths().filter((path) => path.startsWith(`${root}/.vigia/journal/`))).toEqual([]);
          for (const org of names)
            expect(parsed(disk.peek(credsOf(org)))).toMatchObject({ me: credentialsOf(orgs[org]!).me });
          for (const [place, expected] of reported) {
            const [org = '', keys = ''] = place.split(' ');
            const found = new Set(keysOf[keys as keyof typeof keysOf].map((key) => inFile(disk, org, key)));
            expect([...found], place).toHaveLength(1);
            const [value] = found;
            expect([expected.durable, ...expected.maybe], place).toContain(value);
            reported.set(place, { durable: value, maybe: [] });
          }
          disk = killed(disk);
        }
      },
    ),
    { numRuns: 150 },
  );
  expect(cuts).toBeGreaterThan(80);
});
