/** What a person does: commands at any time, sensible or not, and now and then a round that mends what is broken. */
import type { SessionCommand } from '../../../machines/domain/commands.ts';
import type { Org } from '../../../machines/domain/ports.ts';
import type { World } from '../harness.ts';
import type { Rng } from '../rng.ts';
import type { SimulatedFault } from './fault.ts';

const plainly = (weight: number, command: SessionCommand): SimulatedFault => ({
  weight,
  strike: (world, _, org) => {
    world.command(org, command);
    return `an operator asks for ${command.type} of ${org}`;
  },
});

const pair = (world: World, rng: Rng, org: Org): void => {
  const id = world.newPairing();
  const { clock, whatsapp } = world;
  const saysRestart = rng.happens(0.8);
  const scans = rng.happens(0.7);
  const isWrongPhone = rng.happens(0.15);
  const replaceAccount = rng.happens(0.1);
  const scansAfterMs = rng.between(3, 170) * 1_000;
  world.command(org, { type: 'session.pair', pairing: { id, method: 'qr', ...(replaceAccount && { replaceAccount }) } });
  if (!scans) return;
  clock.add('world', scansAfterMs, () => {
    const link = [...whatsapp.links].find((one) => one.caller.pairingId === id && one.isShowingQr);
    if (!link || whatsapp.weather !== 'fair') return;
    world.causes(org, 'revoked'); // a device whose linking a crash interrupts is on the disk, and not at WhatsApp
    const jid = isWrongPhone ? undefined : world.sameNumber(org);
    if (jid === undefined && !replaceAccount) world.causes(org, 'wrong_account');
    link.scanned(jid ?? world.newJid(), saysRestart);
  });
};

const mend = (world: World, rng: Rng, org: Org): void => {
  const view = world.program?.sessions.actor(org)?.getSnapshot().context;
  const device = world.deviceOf(org);
  if (!view || !world.has(org)) {
    if (rng.happens(0.5)) world.place(org, world.linkedElsewhere());
    else pair(world, rng, org);
    return;
  }
  if (view.desired === 'stopped') world.command(org, { type: 'session.restore', force: true });
  const reason = view.verdict?.reason;
  if (reason === undefined) return;
  if (reason === 'locked' && device) device.state = 'linked';
  if (reason === 'revoked' || reason === 'creds_corrupt' || reason === 'creds_lost') {
    if (rng.happens(0.5)) pair(world, rng, org);
    else world.place(org, world.linkedElsewhere());
  } else world.command(org, { type: 'session.retry', force: true });
};

export const byOperator: Readonly<Record<string, SimulatedFault>> = {
  stop: plainly(2.5, { type: 'session.stop' }),
  restore: plainly(2, { type: 'session.restore' }),
  force: plainly(1, { type: 'session.restore', force: true }),
  retry: plainly(2, { type: 'session.retry' }),
  'cancel pairing': plainly(1, { type: 'session.cancelPairing' }),
  logout: plainly(1, { type: 'session.logout' }),
  pair: {
    weight: 3,
    strike: (world, rng, org) => {
      pair(world, rng, org);
      return `an operator pairs ${org}`;
    },
  },
  impatience: {
    weight: 1.5,
    strike: (world, rng, org) => {
      const all: readonly SessionCommand[] = [
        { type: 'session.restore' },
        { type: 'session.retry' },
        { type: 'session.stop' },
        { type: 'session.cancelPairing' },
        { type: 'session.logout' },
      ];
      const chosen = Array.from({ length: rng.between(2, 6) }, () => rng.pick(all));
      for (const command of chosen) world.clock.add('world', rng.between(0, 3_000), () => world.command(org, command));
      if (rng.happens(0.4)) world.clock.add('world', rng.between(0, 3_000), () => pair(world, rng, org));
      return `an operator asks ${org} for ${chosen.map((one) => one.type.slice('session.'.length)).join(', ')} within seconds`;
    },
  },
  mend: {
    weight: 5,
    strike: (world, rng) => {
      const orgs = [...world.watch.truths.keys()].filter((org) => !org.endsWith('-copy') && rng.happens(0.7));
      for (const org of orgs) mend(world, rng, org);
      return `an operator mends what is broken among ${orgs.length}`;
    },
  },
};
