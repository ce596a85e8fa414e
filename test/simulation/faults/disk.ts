/** Operations on the volume: it is slow, full or unmounted, or another program changes directories. */
import type { Org } from '../../../machines/domain/ports.ts';
import type { Fault } from '../../support/memory-disk.ts';
import type { Harness } from '../harness.ts';
import type { Rng } from '../rng.ts';
import { root } from '../volume.ts';
import type { SimulatedFault } from './fault.ts';

const minuteMs = 60_000;
const everyone = (harness: Harness): readonly Org[] => [...harness.watch.expectations.keys()];

const faulty = (weight: number, words: string, faultOf: (org: Org) => Fault): SimulatedFault => ({
  weight,
  apply: (harness, rng, org) => {
    const ms = rng.between(5, 900) * 1_000;
    harness.watch.touch(undefined);
    for (const one of everyone(harness)) harness.causes(one, 'storage');
    // first, so that the touch comes before the step in which the fault ends
    harness.clock.add('simulation', ms, () => harness.watch.touch(undefined));
    harness.volume.break(faultOf(org), ms);
    return `${words} for ${ms / 1000} s (${org})`;
  },
});

/** Half of the time a message arrives before the next scan, and the session writes. */
const messageSoon = (harness: Harness, rng: Rng, org: Org, afterMs: number): void => {
  if (!rng.happens(0.5)) return;
  harness.clock.add('simulation', afterMs + rng.between(0, 20_000), () => {
    const socket = harness.socketOf(org);
    if (socket?.isLoggedIn) socket.write(1);
  });
};

export const onDisk: Readonly<Record<string, SimulatedFault>> = {
  'slow disk': {
    weight: 2,
    apply: (harness, rng) => {
      const ms = rng.between(10, 600) * 1_000;
      const slowMs = rng.pick([20, 200, 2_000, 8_000]);
      harness.watch.touch(undefined);
      harness.volume.slowMs = slowMs;
      harness.clock.add('simulation', ms, () => {
        harness.watch.touch(undefined);
        harness.volume.slowMs = 0;
      });
      return `the disk takes up to ${slowMs} ms for ${ms / 1000} s`;
    },
  },
  'no space': faulty(1, 'no space on the volume', () => ({
    operation: 'write',
    path: new RegExp(`^${root}/`),
    code: 'ENOSPC',
    tear: 3,
  })),
  'write refused': faulty(1, 'writes of one organization are refused', (org) => ({
    operation: 'write',
    path: new RegExp(`/${org}/`),
    code: 'EACCES',
  })),
  'record refused': faulty(1, 'writes of records are refused', () => ({
    operation: 'rename',
    path: /\/orgs\//,
    code: 'EIO',
  })),
  'read refused': faulty(1, 'credentials cannot be read', (org) => ({
    operation: 'read',
    path: new RegExp(`/${org}/creds`),
    code: 'EACCES',
  })),
  'record unreadable': faulty(1, 'records cannot be read', (org) => ({
    operation: 'read',
    path: new RegExp(`/orgs/${org}\\.json`),
    code: 'EIO',
  })),
  'stat refused': faulty(0.5, 'a directory cannot be read', (org) => ({
    operation: 'stat',
    path: new RegExp(`/${org}(/|$)`),
    code: 'EACCES',
  })),
  'list refused': faulty(0.5, 'the root cannot be listed', () => ({
    operation: 'list',
    path: root,
    code: 'EIO',
  })),
  unmount: {
    weight: 1,
    apply: (harness, rng) => {
      const ms = rng.between(1, 200) * 1_000;
      harness.watch.touch(undefined);
      for (const one of everyone(harness)) harness.causes(one, 'storage');
      harness.volume.mounted = false;
      harness.clock.add('simulation', ms, () => {
        harness.watch.touch(undefined);
        harness.volume.mounted = true;
      });
      return `the volume is unmounted for ${ms / 1000} s`;
    },
  },
  tear: {
    weight: 1.5,
    apply: (harness, rng, org) => {
      const bytes = harness.credentialsOf(org);
      if (!bytes) return undefined;
      const cut = bytes.subarray(0, rng.between(0, bytes.length - 1));
      harness.place(org, cut);
      if (rng.happens(0.5)) {
        const whole = Buffer.from(bytes);
        harness.clock.add('simulation', rng.between(1, 55) * 1_000, () => {
          if (!harness.has(org) || harness.credentialsOf(org)?.equals(cut) !== true) return;
          harness.place(org, whole.toString('utf8'));
        });
      }
      return `the credentials of ${org} are cut short`;
    },
  },
  'vanish and return': {
    weight: 2,
    apply: async (harness, rng, org) => {
      const ms = rng.between(1, 300) * 1_000;
      const away = await harness.putAway(org);
      if (away === undefined) return undefined;
      harness.clock.add('simulation', ms, () => void harness.bringBack(org, away));
      return `the directory of ${org} is moved away for ${ms / 1000} s`;
    },
  },
  replace: {
    weight: 1,
    apply: async (harness, rng, org) => {
      if ((await harness.putAway(org)) === undefined && harness.has(org)) return undefined;
      const later = rng.happens(0.5) ? rng.between(1, 100) * 1_000 : 0;
      harness.clock.add('simulation', later, () => {
        if (!harness.has(org)) harness.place(org, harness.linkedElsewhere());
      });
      messageSoon(harness, rng, org, later);
      return `another identity is put in the place of ${org}`;
    },
  },
  'copy over': {
    weight: 0.5,
    apply: (harness, rng, org) => {
      if (!harness.has(org)) return undefined;
      harness.place(org, harness.linkedElsewhere());
      messageSoon(harness, rng, org, 0);
      return `other credentials are copied over those of ${org}`;
    },
  },
  duplicate: {
    weight: 1,
    apply: (harness, rng, org) => {
      const bytes = harness.credentialsOf(org);
      const twin = `${org}-copy`;
      if (!bytes || harness.has(twin)) return undefined;
      harness.place(twin, bytes.toString('utf8'));
      harness.causes(twin, 'older_copy'); // without its original, which was used since
      harness.causes(org, 'conflict');
      harness.clock.add(
        'simulation',
        rng.between(60, 3_600) * 1_000,
        () => void harness.putAway(twin).then(() => harness.causes(org, 'conflict')),
      );
      return `the directory of ${org} is copied to ${twin}`;
    },
  },
  'half-written': {
    weight: 2,
    apply: (harness, rng, org) => {
      if (harness.has(org)) return undefined;
      const whole = harness.linkedElsewhere();
      const parts = rng.between(1, 4);
      for (let n = 1; n <= parts; n += 1)
        harness.clock.add('simulation', n * rng.between(0, 8_000), () =>
          harness.place(org, whole.slice(0, Math.floor((whole.length * n) / parts))),
        );
      harness.clock.add('simulation', parts * 8_001, () => harness.place(org, whole));
      return `a directory for ${org} is copied here in ${parts} pieces`;
    },
  },
  'mass vanishing': {
    weight: 0.3,
    apply: async (harness, rng) => {
      const ms = rng.between(5, 90) * 1_000;
      harness.watch.touch(undefined);
      for (const org of everyone(harness)) {
        const away = await harness.putAway(org);
        if (away !== undefined)
          harness.clock.add(
            'simulation',
            ms + rng.between(0, 5_000),
            () => void harness.bringBack(org, away),
          );
      }
      return `all directories are moved away for ${ms / minuteMs} min`;
    },
  },
};
