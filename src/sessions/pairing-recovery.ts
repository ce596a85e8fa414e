import type { Found, Org } from '../../machines/domain/ports.ts';
import type { WriteLog } from '../base/log.ts';
import { DiskFault } from '../disk/disk.ts';
import { parseOrg } from './ids.ts';
import { createOnceLog } from './log-once.ts';
import {
  fateOf,
  type PairingDirectory,
  putInPlace,
  readPairing,
  removePairing,
} from './pairing-directory.ts';
import { PairingRefused, type Promotion, type PromotionDeps } from './pairing-promotion.ts';

export interface PairingRecoveryDeps extends Pick<PromotionDeps, 'disk' | 'layout' | 'archive'> {
  readonly promotion: Promotion;
  readonly log: WriteLog;
}

export interface PairingRecovery {
  archive(pairing: PairingDirectory): Promise<void>;
  /** See `Pairings.finishInterrupted`. One call at a time. */
  finishInterrupted(active: ReadonlySet<string>): Promise<readonly Found[]>;
}

/** The oldest pairing first. */
const byAge = (a: PairingDirectory, b: PairingDirectory): number =>
  (a.note?.startedAt ?? 0) - (b.note?.startedAt ?? 0) || (a.id < b.id ? -1 : 1);

/** Finishes the pairings that a crash interrupted, and tidies up the others once after a start. */
export const createPairingRecovery = ({
  disk,
  layout,
  archive: archives,
  promotion,
  log,
}: PairingRecoveryDeps): PairingRecovery => {
  const once = createOnceLog(log);
  let isTidied = false;

  const archive = async ({ id, note }: PairingDirectory): Promise<void> => {
    await archives.setAside(layout.pairingOf(id), note ? `${note.org}-pairing` : `pairing-${id}`);
    log('pairing.archived', { pairing: id, org: note?.org ?? null });
  };
  /**
   * Only where the place is free: a directory that is there may be in use. The scan that follows finds the
   * imported directory like any other new one.
   */
  const finishImport = async (org: Org, pairing: PairingDirectory, tidy: boolean): Promise<void> => {
    if (await disk.stat(layout.organization(org))) {
      if (tidy) await archive(pairing);
      return;
    }
    await putInPlace(disk, layout, pairing.id, org);
    await removePairing(disk, layout, pairing.id);
    log('import.promoted', { org });
  };
  const finish = async (org: Org, pairing: PairingDirectory, tidy: boolean): Promise<Found | undefined> => {
    if (pairing.note?.imported) {
      await finishImport(org, pairing, tidy);
      return undefined;
    }
    const found = await promotion.promote(org, pairing);
    log('pairing.promoted', { org, pairing: pairing.id });
    return found;
  };
  const recover = async (pairing: PairingDirectory, tidy: boolean): Promise<Found | undefined> => {
    const fate = fateOf(pairing);
    if (fate === 'finish' && pairing.note) return finish(pairing.note.org, pairing, tidy);
    if (!tidy) return undefined;
    if (fate === 'remove') await removePairing(disk, layout, pairing.id);
    else await archive(pairing);
    return undefined;
  };
  /** A pairing that fails must not stop the others, nor the scan. */
  const orWarn = async <T>(id: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DiskFault || error instanceof PairingRefused)) throw error;
      once.log('pairing.unfinished', id, { pairing: id, problem: error.message });
      return undefined;
    }
  };
  /** One after another, so that a fleet of pairings does not take the disk from the sessions. */
  const eachOrWarn = async <A extends { readonly id: string }, B>(
    all: readonly A[],
    work: (one: A) => Promise<B | undefined>,
  ): Promise<B[]> => {
    const results: B[] = [];
    for (const one of all) {
      const result = await orWarn(one.id, () => work(one));
      if (result) results.push(result);
    }
    return results;
  };

  return {
    archive,
    finishInterrupted: async (active) => {
      const names = await orWarn('*', () => disk.list(layout.pairing));
      if (!names) return [];
      const tidy = !isTidied;
      isTidied = true;
      const ids = names
        .filter((name) => parseOrg(name) !== undefined && !active.has(name))
        .map((id) => ({ id }));
      const pairings = await eachOrWarn(ids, ({ id }) => readPairing(disk, layout, id));
      return eachOrWarn(pairings.sort(byAge), (pairing) => recover(pairing, tidy));
    },
  };
};
