/**
 * Operations of a person: commands at any time, sensible or not, and sometimes a round that repairs
 * everything.
 */
import type { SessionCommand } from '../../../machines/domain/commands.ts';
import type { Org } from '../../../machines/domain/ports.ts';
import type { Harness } from '../harness.ts';
import type { Rng } from '../rng.ts';
import type { SimulatedFault } from './fault.ts';

const plainly = (weight: number, command: SessionCommand): SimulatedFault => ({
  weight,
  apply: (harness, _, org) => {
    harness.command(org, command);
    return `an operator asks for ${command.type} of ${org}`;
  },
});

const pair = (harness: Harness, rng: Rng, org: Org): void => {
  const id = harness.newPairing();
  const { clock, whatsapp } = harness;
  const saysRestart = rng.happens(0.8);
  const scans = rng.happens(0.7);
  const isWrongPhone = rng.happens(0.15);
  const replaceAccount = rng.happens(0.1);
  const scansAfterMs = rng.between(3, 170) * 1_000;
  harness.command(org, {
    type: 'session.pair',
    pairing: { id, method: 'qr', ...(replaceAccount && { replaceAccount }) },
  });
  if (!scans) return;
  clock.add('simulation', scansAfterMs, () => {
    const socket = [...whatsapp.sockets].find((one) => one.owner.pairingId === id && one.isShowingQr);
    if (!socket || whatsapp.condition !== 'normal') return;
    harness.causes(org, 'revoked'); // a crash may leave the device on the disk and unknown to WhatsApp
    const jid = isWrongPhone ? undefined : harness.sameNumber(org);
    if (jid === undefined && !replaceAccount) harness.causes(org, 'wrong_account');
    socket.scanned(jid ?? harness.newJid(), saysRestart);
  });
};

const mend = (harness: Harness, rng: Rng, org: Org): void => {
  const view = harness.program?.sessions.actor(org)?.getSnapshot().context;
  const device = harness.deviceOf(org);
  if (!view || !harness.has(org)) {
    if (rng.happens(0.5)) harness.place(org, harness.linkedElsewhere());
    else pair(harness, rng, org);
    return;
  }
  if (view.desired === 'stopped') harness.command(org, { type: 'session.restore', force: true });
  const reason = view.verdict?.reason;
  if (reason === undefined) return;
  if (reason === 'locked' && device) device.state = 'linked';
  if (reason === 'revoked' || reason === 'creds_corrupt' || reason === 'creds_lost') {
    if (rng.happens(0.5)) pair(harness, rng, org);
    else harness.place(org, harness.linkedElsewhere());
  } else harness.command(org, { type: 'session.retry', force: true });
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
    apply: (harness, rng, org) => {
      pair(harness, rng, org);
      return `an operator pairs ${org}`;
    },
  },
  impatience: {
    weight: 1.5,
    apply: (harness, rng, org) => {
      const all: readonly SessionCommand[] = [
        { type: 'session.restore' },
        { type: 'session.retry' },
        { type: 'session.stop' },
        { type: 'session.cancelPairing' },
        { type: 'session.logout' },
      ];
      const chosen = Array.from({ length: rng.between(2, 6) }, () => rng.pick(all));
      for (const command of chosen)
        harness.clock.add('simulation', rng.between(0, 3_000), () => harness.command(org, command));
      if (rng.happens(0.4))
        harness.clock.add('simulation', rng.between(0, 3_000), () => pair(harness, rng, org));
      return (
        `an operator asks ${org} for ${chosen.map((one) => one.type.slice('session.'.length)).join(', ')} ` +
        'within seconds'
      );
    },
  },
  mend: {
    weight: 5,
    apply: (harness, rng) => {
      const orgs = [...harness.watch.expectations.keys()].filter(
        (org) => !org.endsWith('-copy') && rng.happens(0.7),
      );
      for (const org of orgs) mend(harness, rng, org);
      return `an operator repairs ${orgs.length} organizations`;
    },
  },
};
