/** What WhatsApp, the network, and other programs with the same credentials do to us. */
import type { Org } from '../../../machines/domain/ports.ts';
import type { SimulationHarness } from '../harness.ts';
import type { Weather } from '../whatsapp.ts';
import type { SimulatedFault } from './fault.ts';

const minuteMs = 60_000;
const connected = (harness: SimulationHarness): readonly Org[] =>
  [...harness.watch.truths.values()].filter((t) => t.state === 'connected').map((t) => t.org);

const weather = (kind: Exclude<Weather, 'fair'>, weight: number): SimulatedFault => ({
  weight,
  strike: (harness, rng) => {
    const ms = rng.between(1, rng.pick([3, 10, 60])) * minuteMs;
    const { whatsapp, watch, clock } = harness;
    if (whatsapp.weather !== 'fair') return undefined;
    watch.touch(undefined);
    watch.pace.weatherChanged(kind === 'down' || kind === 'deaf' || kind === 'busy', watch.truths.values());
    whatsapp.setWeather(kind);
    if (kind === 'outdated') clock.add('world', rng.between(0, ms), () => void (harness.newVersionOut = whatsapp.weather === 'outdated'));
    clock.add('world', ms, () => {
      if (whatsapp.weather !== kind) return;
      watch.touch(undefined);
      watch.pace.weatherChanged(false, []);
      whatsapp.setWeather('fair');
      harness.newVersionOut = false;
    });
    return `whatsapp is ${kind} for ${ms / minuteMs} min`;
  },
});
/** For a while, then as before. */
const forAWhile = (
  weight: number,
  words: string,
  begin: (harness: SimulationHarness) => void,
  end: (harness: SimulationHarness) => void,
): SimulatedFault => ({
  weight,
  strike: (harness, rng) => {
    const ms = rng.between(2, 30) * minuteMs;
    harness.watch.touch(undefined);
    begin(harness);
    harness.clock.add('world', ms, () => {
      harness.watch.touch(undefined);
      end(harness);
    });
    return `${words} for ${ms / minuteMs} min`;
  },
});

export const byWhatsApp: Readonly<Record<string, SimulatedFault>> = {
  down: weather('down', 1),
  deaf: weather('deaf', 1),
  busy: weather('busy', 1.5),
  outdated: weather('outdated', 0.5),
  hanging: weather('hanging', 0.5),
  'slow answers': forAWhile(
    1,
    'logins are slow',
    ({ whatsapp }) => void (whatsapp.slowMs = 60_000),
    ({ whatsapp }) => void (whatsapp.slowMs = 800),
  ),
  'rate limit': forAWhile(
    1,
    'whatsapp tires of logins',
    ({ whatsapp }) => void (whatsapp.limitsRate = true),
    ({ whatsapp }) => void (whatsapp.limitsRate = false),
  ),
  'no backlog': forAWhile(
    1,
    'some backlogs never end',
    ({ whatsapp }) => void (whatsapp.forgetsBacklog = true),
    ({ whatsapp }) => void (whatsapp.forgetsBacklog = false),
  ),

  drop: {
    weight: 5,
    strike: (harness, _, org) => {
      harness.watch.touch(org);
      harness.linkOf(org)?.end({ reason: 'network', statusCode: 428 });
      return `${org} is dropped`;
    },
  },
  'drop some': {
    weight: 2,
    strike: (harness, rng) => {
      const some = connected(harness).filter(() => rng.happens(0.5));
      for (const org of some) {
        harness.watch.touch(org);
        harness.linkOf(org)?.end({ reason: 'network', statusCode: 428 });
      }
      return `${some.length} are dropped at once`;
    },
  },
  'restart required': {
    weight: 2,
    strike: (harness, rng, org) => {
      const times = rng.between(1, 6);
      for (let n = 0; n < times; n += 1)
        harness.clock.add('world', n * 4_000, () => {
          harness.watch.touch(org);
          harness.linkOf(org)?.end({ reason: 'restart_required', statusCode: 515 });
        });
      return `${org} is asked to restart ${times} times`;
    },
  },
  'odd code': {
    weight: 2,
    strike: (harness, rng, org) => {
      const codes = Array.from({ length: rng.between(0, 5) }, () => rng.pick([500, 409, 418, 501]));
      harness.causes(org, 'unknown');
      harness.deviceOf(org)?.oddCodes.push(...codes);
      harness.linkOf(org)?.end({ reason: 'unknown', statusCode: 500 });
      return `${org} gets a 500, and then ${codes.length} more odd codes`;
    },
  },
  flapping: {
    weight: 2,
    strike: (harness, rng, org) => {
      const times = rng.between(4, 20);
      for (let n = 1; n <= times; n += 1)
        harness.clock.add('world', n * rng.between(5, 60) * 1_000, () => {
          harness.watch.touch(org);
          harness.linkOf(org)?.end({ reason: rng.pick(['network', 'server_busy', 'timeout'] as const) });
        });
      return `${org} flaps ${times} times`;
    },
  },
  'dead peer': {
    weight: 3,
    strike: (harness, _, org) => {
      const link = harness.linkOf(org);
      if (!link) return undefined;
      harness.watch.touch(org);
      link.isDead = true;
      return `the peer of ${org} dies without a word`;
    },
  },
  'deaf library': {
    weight: 1,
    strike: (harness, rng, org) => {
      const link = harness.linkOf(org);
      if (!link?.isLoggedIn) return undefined;
      link.deafen(rng.between(1, 15));
      return `the library is deaf to the messages of ${org}`;
    },
  },
  'cut off': {
    weight: 2,
    strike: (harness, rng, org) => {
      const device = harness.deviceOf(org);
      const ms = rng.between(1, 90) * minuteMs;
      if (!device) return undefined;
      harness.watch.touch(org);
      device.isCutOff = true;
      harness.clock.add('world', ms, () => {
        harness.watch.touch(org);
        device.isCutOff = false;
      });
      return `${org} alone reaches nobody for ${ms / minuteMs} min`;
    },
  },
  rival: {
    weight: 2,
    strike: (harness, rng, org) => {
      const device = harness.deviceOf(org);
      if (!device) return undefined;
      harness.causes(org, 'conflict');
      device.rival = { afterMs: rng.between(1, 900) * 1_000, left: rng.between(1, 4) };
      device.link?.end({ reason: 'conflict', statusCode: 440 });
      const { rival } = device;
      harness.clock.add('world', 3_600_000, () => {
        if (device.rival === rival) device.rival = undefined;
      });
      return `somebody else logs in as ${org}`;
    },
  },
  revoke: {
    weight: 1,
    strike: (harness, _, org) => {
      const device = harness.deviceOf(org);
      if (!device) return undefined;
      harness.causes(org, 'revoked');
      device.state = 'revoked';
      device.link?.end({ reason: 'revoked', statusCode: 401 });
      return `${org} is unlinked on the phone`;
    },
  },
  ban: {
    weight: 1,
    strike: (harness, rng, org) => {
      const device = harness.deviceOf(org);
      const ms = rng.between(10, 600) * minuteMs;
      if (!device) return undefined;
      harness.causes(org, 'banned_temporarily');
      device.bannedUntil = harness.clock.mono + ms;
      device.link?.end({ reason: 'banned_temporarily', statusCode: 402, until: harness.clock.wall() + ms });
      return `${org} is banned for ${ms / minuteMs} min`;
    },
  },
  lock: {
    weight: 0.5,
    strike: (harness, _, org) => {
      const device = harness.deviceOf(org);
      if (!device) return undefined;
      harness.causes(org, 'locked');
      device.state = 'locked';
      device.link?.end({ reason: 'locked', statusCode: 403 });
      return `the account of ${org} is locked`;
    },
  },
  forgotten: {
    weight: 0.5,
    strike: (harness, _, org) => {
      const device = harness.deviceOf(org);
      if (!device) return undefined;
      harness.causes(org, 'creds_lost');
      device.forgotten = true;
      device.link?.end({ reason: 'network', statusCode: 428 });
      return `whatsapp answers the next login of ${org} with a QR`;
    },
  },
  traffic: {
    weight: 8,
    strike: (harness, rng) => {
      const links = [...harness.whatsapp.links].filter((link) => link.isLoggedIn);
      for (const link of links)
        for (let n = rng.between(1, 5); n > 0; n -= 1)
          harness.clock.add('world', rng.between(0, 20_000), () => link.isLoggedIn && link.write(rng.between(1, 3)));
      return `messages for ${links.length}`;
    },
  },
};
