/** A start of a pairing link beside another start, and beside the end of its link. */
import { beforeEach, expect, it } from 'vitest';
import type { Outcome } from '../../src/links/link.ts';
import { type Links, openLinks, type PairingOrder } from '../../src/links/links.ts';
import { at, viewOf } from '../control/harness.ts';

const order = { org: 'acme', method: null, name: null, language: null, returnUrl: null, createdBy: 'env' };
let links: Links;
let orders: PairingOrder[];
let cancelled: string[];
let ended: Outcome[];
let running: string | undefined;
let duringPair: () => Promise<unknown>;
let duringWrite: () => void;
beforeEach(async () => {
  [orders, cancelled, ended, running] = [[], [], [], undefined];
  duringPair = async () => undefined;
  duringWrite = () => undefined;
  const view = () => {
    const pairing = running === undefined ? null : { id: running, method: 'qr' as const, expiresAt: at };
    return viewOf('acme', { state: running === undefined ? 'idle' : 'pairing', liveness: null, pairing });
  };
  links = await openLinks({
    read: async () => undefined,
    write: async () => duringWrite(),
    now: () => at,
    view,
    pair: async (_, asked) => {
      running = `pair-${orders.push(asked)}`;
      const pairingId = running;
      await duringPair();
      return { ok: true, pairingId };
    },
    cancel: async (org) => {
      running = undefined;
      cancelled.push(org);
    },
    onEnd: (_, outcome) => void ended.push(outcome),
  });
});
const make = async () => {
  const made = await links.create({ ...order, expiresAt: at + 60_000 });
  const token = made?.token ?? '';
  const visited = await links.enter(token, undefined);
  return { token, linkId: made?.link.linkId ?? '', visit: 'visit' in visited ? visited.visit : '' };
};

it('a second start ends the running pairing, so the customer changes the way or the number', async () => {
  const { token, visit } = await make();
  await links.start(token, visit, { method: 'qr' });
  const again = await links.start(token, visit, { method: 'code', phoneNumber: '34600111222' });
  expect(again).toEqual({ ok: true, pairingId: 'pair-2' });
  expect([orders.map(({ method }) => method), cancelled]).toEqual([['qr', 'code'], ['acme']]);
});
it('a pairing whose link is revoked while it starts is cancelled', async () => {
  const { token, visit, linkId } = await make();
  duringPair = () => links.revoke(linkId);
  expect(await links.start(token, visit, { method: 'qr' })).toMatchObject({ kind: 'ended' });
  expect([running, cancelled, ended]).toEqual([undefined, ['acme'], ['revoked']]);
});
it('a link that is revoked while its start is counted starts nothing', async () => {
  const { token, visit, linkId } = await make();
  duringWrite = () => void links.revoke(linkId);
  const { link } = (await links.start(token, visit, { method: 'qr' })) as { link: object };
  expect(link).toMatchObject({ outcome: 'revoked', starts: 1 });
  expect(orders).toEqual([]);
});
