/** What happens on the volume: it is slow, full, gone, or somebody is at work in it. */
import type { Org } from '../../../machines/domain/ports.ts';
import type { Fault } from '../../support/memory-disk.ts';
import type { World } from '../harness.ts';
import type { Rng } from '../rng.ts';
import { root } from '../volume.ts';
import type { SimulatedFault } from './fault.ts';

const minuteMs = 60_000;
const everyone = (world: World): readonly Org[] => [...world.watch.truths.keys()];

const faulty = (weight: number, words: string, faultOf: (org: Org) => Fault): SimulatedFault => ({
  weight,
  strike: (world, rng, org) => {
    const ms = rng.between(5, 900) * 1_000;
    world.watch.touch(undefined);
    for (const one of everyone(world)) world.causes(one, 'storage');
    world.medium.break(faultOf(org), ms);
    world.clock.add('world', ms, () => world.watch.touch(undefined));
    return `${words} for ${ms / 1000} s (${org})`;
  },
});

/** Half of the time a message comes before the next look at the directory, and its session writes. */
const messageSoon = (world: World, rng: Rng, org: Org, afterMs: number): void => {
  if (!rng.happens(0.5)) return;
  world.clock.add('world', afterMs + rng.between(0, 20_000), () => {
    const link = world.linkOf(org);
    if (link?.isLoggedIn) link.write(1);
  });
};

export const onDisk: Readonly<Record<string, SimulatedFault>> = {
  'slow disk': {
    weight: 2,
    strike: (world, rng) => {
      const ms = rng.between(10, 600) * 1_000;
      const slowMs = rng.pick([20, 200, 2_000, 8_000]);
      world.watch.touch(undefined);
      world.medium.slowMs = slowMs;
      world.clock.add('world', ms, () => {
        world.watch.touch(undefined);
        world.medium.slowMs = 0;
      });
      return `the disk takes up to ${slowMs} ms for ${ms / 1000} s`;
    },
  },
  'no space': faulty(1, 'no space on the volume', () => ({ operation: 'write', path: new RegExp(`^${root}/`), code: 'ENOSPC', tear: 3 })),
  'write refused': faulty(1, 'writes of one organization are refused', (org) => ({
    operation: 'write',
    path: new RegExp(`/${org}/`),
    code: 'EACCES',
  })),
  'record refused': faulty(1, 'writes of records are refused', () => ({ operation: 'rename', path: /\/orgs\//, code: 'EIO' })),
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
  'stat refused': faulty(0.5, 'a directory cannot be looked into', (org) => ({
    operation: 'stat',
    path: new RegExp(`/${org}(/|$)`),
    code: 'EACCES',
  })),
  'list refused': faulty(0.5, 'the root cannot be listed', () => ({ operation: 'list', path: root, code: 'EIO' })),
  unmount: {
    weight: 1,
    strike: (world, rng) => {
      const ms = rng.between(1, 200) * 1_000;
      world.watch.touch(undefined);
      for (const one of everyone(world)) world.causes(one, 'storage');
      world.medium.mounted = false;
      world.clock.add('world', ms, () => {
        world.watch.touch(undefined);
        world.medium.mounted = true;
      });
      return `the volume is unmounted for ${ms / 1000} s`;
    },
  },
  tear: {
    weight: 1.5,
    strike: (world, rng, org) => {
      const bytes = world.credentialsOf(org);
      if (!bytes) return undefined;
      const cut = bytes.subarray(0, rng.between(0, bytes.length - 1));
      world.place(org, cut);
      if (rng.happens(0.5)) {
        const whole = Buffer.from(bytes);
        world.clock.add('world', rng.between(1, 55) * 1_000, () => {
          if (!world.has(org) || world.credentialsOf(org)?.equals(cut) !== true) return;
          world.place(org, whole.toString('utf8'));
        });
      }
      return `the credentials of ${org} are cut short`;
    },
  },
  'vanish and return': {
    weight: 2,
    strike: async (world, rng, org) => {
      const ms = rng.between(1, 300) * 1_000;
      const away = await world.putAway(org);
      if (away === undefined) return undefined;
      world.clock.add('world', ms, () => void world.bringBack(org, away));
      return `the directory of ${org} is moved away for ${ms / 1000} s`;
    },
  },
  replace: {
    weight: 1,
    strike: async (world, rng, org) => {
      if ((await world.putAway(org)) === undefined && world.has(org)) return undefined;
      const later = rng.happens(0.5) ? rng.between(1, 100) * 1_000 : 0;
      world.clock.add('world', later, () => {
        if (!world.has(org)) world.place(org, world.linkedElsewhere());
      });
      messageSoon(world, rng, org, later);
      return `another identity is put in the place of ${org}`;
    },
  },
  'copy over': {
    weight: 0.5,
    strike: (world, rng, org) => {
      if (!world.has(org)) return undefined;
      world.place(org, world.linkedElsewhere());
      messageSoon(world, rng, org, 0);
      return `other credentials are copied over those of ${org}`;
    },
  },
  duplicate: {
    weight: 1,
    strike: (world, rng, org) => {
      const bytes = world.credentialsOf(org);
      const twin = `${org}-copy`;
      if (!bytes || world.has(twin)) return undefined;
      world.place(twin, bytes.toString('utf8'));
      world.causes(org, 'conflict');
      world.clock.add('world', rng.between(60, 3_600) * 1_000, () => void world.putAway(twin).then(() => world.causes(org, 'conflict')));
      return `the directory of ${org} is copied to ${twin}`;
    },
  },
  'half-written': {
    weight: 2,
    strike: (world, rng, org) => {
      if (world.has(org)) return undefined;
      const whole = world.linkedElsewhere();
      const parts = rng.between(1, 4);
      for (let n = 1; n <= parts; n += 1)
        world.clock.add('world', n * rng.between(0, 8_000), () => world.place(org, whole.slice(0, Math.floor((whole.length * n) / parts))));
      world.clock.add('world', parts * 8_001, () => world.place(org, whole));
      return `a directory for ${org} is copied here in ${parts} pieces`;
    },
  },
  'mass vanishing': {
    weight: 0.3,
    strike: async (world, rng) => {
      const ms = rng.between(5, 90) * 1_000;
      world.watch.touch(undefined);
      for (const org of everyone(world)) {
        const away = await world.putAway(org);
        if (away !== undefined) world.clock.add('world', ms + rng.between(0, 5_000), () => void world.bringBack(org, away));
      }
      return `all directories are moved away for ${ms / minuteMs} min`;
    },
  },
};
