/** Operations of WhatsApp, of the network, and of other programs with the same credentials. */
import type { Org } from '../../../machines/domain/ports.ts';
import type { Harness } from '../harness.ts';
import type { Condition } from '../whatsapp.ts';
import type { SimulatedFault } from './fault.ts';

const minuteMs = 60_000;
const connected = (harness: Harness): readonly Org[] =>
  [...harness.watch.expectations.values()].filter((t) => t.state === 'connected').map((t) => t.org);

const condition = (kind: Exclude<Condition, 'normal'>, weight: number): SimulatedFault => ({
  weight,
  apply: (harness, rng) => {
    const ms = rng.between(1, rng.pick([3, 10, 60])) * minuteMs;
    const { whatsapp, watch, clock } = harness;
    if (whatsapp.condition !== 'normal') return undefined;
    watch.touch(undefined);
    watch.pace.conditionChanged(
      kind === 'down' || kind === 'deaf' || kind === 'busy',
      watch.expectations.values(),
    );
    whatsapp.setCondition(kind);
    if (kind === 'outdated')
      clock.add(
        'simulation',
        rng.between(0, ms),
        () => void (harness.newVersionOut = whatsapp.condition === 'outdated'),
      );
    clock.add('simulation', ms, () => {
      if (whatsapp.condition !== kind) return;
      watch.touch(undefined);
      watch.pace.conditionChanged(false, []);
      whatsapp.setCondition('normal');
      harness.newVersionOut = false;
    });
    return `whatsapp is ${kind} for ${ms / minuteMs} min`;
  },
});
/** Begins a fault and ends it after a while. */
const forAWhile = (
  weight: number,
  words: string,
  begin: (harness: Harness) => void,
  end: (harness: Harness) => void,
): SimulatedFault => ({
  weight,
  apply: (harness, rng) => {
    const ms = rng.between(2, 30) * minuteMs;
    harness.watch.touch(undefined);
    begin(harness);
    harness.clock.add('simulation', ms, () => {
      harness.watch.touch(undefined);
      end(harness);
    });
    return `${words} for ${ms / minuteMs} min`;
  },
});

export const byWhatsApp: Readonly<Record<string, SimulatedFault>> = {
  down: condition('down', 1),
  deaf: condition('deaf', 1),
  busy: condition('busy', 1.5),
  outdated: condition('outdated', 0.5),
  hanging: condition('hanging', 0.5),
  'slow answers': forAWhile(
    1,
    'logins are slow',
    ({ whatsapp }) => void (whatsapp.slowMs = 60_000),
    ({ whatsapp }) => void (whatsapp.slowMs = 800),
  ),
  'rate limit': forAWhile(
    1,
    'whatsapp limits the rate of logins',
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
    apply: (harness, _, org) => {
      harness.watch.touch(org);
      harness.socketOf(org)?.end({ reason: 'network', statusCode: 428 });
      return `${org} is dropped`;
    },
  },
  'drop some': {
    weight: 2,
    apply: (harness, rng) => {
      const some = connected(harness).filter(() => rng.happens(0.5));
      for (const org of some) {
        harness.watch.touch(org);
        harness.socketOf(org)?.end({ reason: 'network', statusCode: 428 });
      }
      return `${some.length} are dropped at once`;
    },
  },
  'restart required': {
    weight: 2,
    apply: (harness, rng, org) => {
      const times = rng.between(1, 6);
      for (let n = 0; n < times; n += 1)
        harness.clock.add('simulation', n * 4_000, () => {
          harness.watch.touch(org);
          harness.socketOf(org)?.end({ reason: 'restart_required', statusCode: 515 });
        });
      return `${org} is asked to restart ${times} times`;
    },
  },
  'odd code': {
    weight: 2,
    apply: (harness, rng, org) => {
      const codes = Array.from({ length: rng.between(0, 5) }, () => rng.pick([500, 409, 418, 501]));
      harness.causes(org, 'unknown');
      harness.deviceOf(org)?.oddCodes.push(...codes);
      harness.socketOf(org)?.end({ reason: 'unknown', statusCode: 500 });
      return `${org} gets a 500, and then ${codes.length} more odd codes`;
    },
  },
  flapping: {
    weight: 2,
    apply: (harness, rng, org) => {
      const times = rng.between(4, 20);
      for (let n = 1; n <= times; n += 1)
        harness.clock.add('simulation', n * rng.between(5, 60) * 1_000, () => {
          harness.watch.touch(org);
          harness.socketOf(org)?.end({ reason: rng.pick(['network', 'server_busy', 'timeout'] as const) });
        });
      return `${org} flaps ${times} times`;
    },
  },
  'dead peer': {
    weight: 3,
    apply: (harness, _, org) => {
      const socket = harness.socketOf(org);
      if (!socket) return undefined;
      harness.watch.touch(org);
      socket.isDead = true;
      return `the peer of ${org} dies without a close`;
    },
  },
  'deaf library': {
    weight: 1,
    apply: (harness, rng, org) => {
      const socket = harness.socketOf(org);
      if (!socket?.isLoggedIn) return undefined;
      socket.deafen(rng.between(1, 15));
      return `the library reports no messages of ${org}`;
    },
  },
  'cut off': {
    weight: 2,
    apply: (harness, rng, org) => {
      const device = harness.deviceOf(org);
      const ms = rng.between(1, 90) * minuteMs;
      if (!device) return undefined;
      harness.watch.touch(org);
      device.isCutOff = true;
      harness.clock.add('simulation', ms, () => {
        harness.watch.touch(org);
        device.isCutOff = false;
      });
      return `${org} alone has no network for ${ms / minuteMs} min`;
    },
  },
  rival: {
    weight: 2,
    apply: (harness, rng, org) => {
      const device = harness.deviceOf(org);
      if (!device) return undefined;
      harness.causes(org, 'conflict');
      device.rival = { afterMs: rng.between(1, 900) * 1_000, left: rng.between(1, 4) };
      device.socket?.end({ reason: 'conflict', statusCode: 440 });
      const { rival } = device;
      harness.clock.add('simulation', 3_600_000, () => {
        if (device.rival === rival) device.rival = undefined;
      });
      return `another program logs in as ${org}`;
    },
  },
  revoke: {
    weight: 1,
    apply: (harness, _, org) => {
      const device = harness.deviceOf(org);
      if (!device) return undefined;
      harness.causes(org, 'revoked');
      device.state = 'revoked';
      device.socket?.end({ reason: 'revoked', statusCode: 401 });
      return `${org} is unlinked on the phone`;
    },
  },
  ban: {
    weight: 1,
    apply: (harness, rng, org) => {
      const device = harness.deviceOf(org);
      const ms = rng.between(10, 600) * minuteMs;
      if (!device) return undefined;
      harness.causes(org, 'banned_temporarily');
      device.bannedUntil = harness.clock.mono + ms;
      device.socket?.end({ reason: 'banned_temporarily', statusCode: 402, until: harness.clock.wall() + ms });
      return `${org} is banned for ${ms / minuteMs} min`;
    },
  },
  lock: {
    weight: 0.5,
    apply: (harness, _, org) => {
      const device = harness.deviceOf(org);
      if (!device) return undefined;
      harness.causes(org, 'locked');
      device.state = 'locked';
      device.socket?.end({ reason: 'locked', statusCode: 403 });
      return `the account of ${org} is locked`;
    },
  },
  forgotten: {
    weight: 0.5,
    apply: (harness, _, org) => {
      const device = harness.deviceOf(org);
      if (!device) return undefined;
      harness.causes(org, 'creds_lost');
      device.forgotten = true;
      device.socket?.end({ reason: 'network', statusCode: 428 });
      return `whatsapp answers the next login of ${org} with a QR`;
    },
  },
  traffic: {
    weight: 8,
    apply: (harness, rng) => {
      const sockets = [...harness.whatsapp.sockets].filter((socket) => socket.isLoggedIn);
      for (const socket of sockets)
        for (let n = rng.between(1, 5); n > 0; n -= 1)
          harness.clock.add(
            'simulation',
            rng.between(0, 20_000),
            () => socket.isLoggedIn && socket.write(rng.between(1, 3)),
          );
      return `messages for ${sockets.length}`;
    },
  },
};
