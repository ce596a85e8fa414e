import type { Found, Org } from '../../machines/domain/ports.ts';
import type { WriteLog } from '../base/log.ts';
import { createSerialQueue } from '../base/serial-queue.ts';
import { makePairing, readPairing, removePairing } from './pairing-directory.ts';
import { createPromotion, type PromotionDeps } from './pairing-promotion.ts';
import { createPairingRecovery } from './pairing-recovery.ts';

/**
 * Pairings are made in `.vigia/pairing/<id>/`. Only when a phone has linked the device does `session/` become
 * the directory of the organization. A crash at any point loses nothing: `finishInterrupted` finishes what
 * `promote` began.
 */
export interface Pairings {
  /**
   * Makes an empty directory for a new identity; resolves with the path of `session/`. This process owns the
   * pairing from now on.
   */
  prepare(org: Org, id: string): Promise<string>;
  /**
   * Puts the finished pairing in place of the organization's directory, which is archived. Promoting twice
   * gives the same result as once. Rejects with `PairingRefused` or `DiskFault`.
   */
  promote(org: Org, id: string): Promise<Found>;
  /**
   * For a pairing that expired or was cancelled. Deletes it; archives it instead if a device was linked, or
   * may have been.
   */
  discard(id: string): Promise<void>;
  /** The pairings that this process prepared and has not promoted, discarded or released. */
  owned(): ReadonlySet<string>;
  /**
   * Lets a scan finish the pairing from now on: the session that ran it is gone (it crashed, for example).
   */
  release(id: string): void;
  /**
   * Promotes every finished pairing that is not in `active`, the oldest first. The first call after a start
   * also tidies up: it deletes pairings in which nothing was linked, and archives those that can neither be
   * finished nor be known to be worthless.
   */
  finishInterrupted(active: ReadonlySet<string>): Promise<readonly Found[]>;
}

export interface PairingsDeps extends PromotionDeps {
  readonly log: WriteLog;
}

export const createPairings = (deps: PairingsDeps): Pairings => {
  const { disk, layout, now } = deps;
  const promotion = createPromotion(deps);
  const recovery = createPairingRecovery({ ...deps, promotion });
  const owned = new Set<string>();
  /** A scan and a session may want to finish the same pairing: one after the other. */
  const queue = createSerialQueue();
  return {
    prepare: async (org, id) => {
      owned.add(id);
      await promotion.checkName(org);
      if (await disk.stat(layout.pairingOf(id))) throw new Error(`pairing ${id} exists: an id must be new`);
      return makePairing(disk, layout, { org, id, startedAt: now() });
    },
    promote: (org, id) =>
      queue.run(async () => {
        const found = await promotion.promote(org, await readPairing(disk, layout, id));
        owned.delete(id);
        return found;
      }),
    discard: (id) =>
      queue.run(async () => {
        const pairing = await readPairing(disk, layout, id);
        if (pairing.credentials && pairing.credentials.stored !== 'unpaired') await recovery.archive(pairing);
        else await removePairing(disk, layout, id);
        owned.delete(id);
      }),
    owned: () => owned,
    release: (id) => void owned.delete(id),
    finishInterrupted: (active) => queue.run(() => recovery.finishInterrupted(active)),
  };
};
