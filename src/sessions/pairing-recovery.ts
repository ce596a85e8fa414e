import type { Found, Org } from '../../machines/domain/ports.ts';
import type { WriteLog } from '../base/log.ts';
import { parseOrg } from './ids.ts';
import { createOnceLog } from './log-once.ts';
import {
  fateOf,
  isForeign,
  type PairingDirectory,
  putInPlace,
  readPairing,
  removePairing,
} from './pairing-directory.ts';
import type { Promotion, PromotionDeps } from './pairing-promotion.ts';

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

const archivePairing = async (
  { archive, layout, log }: PairingRecoveryDeps,
  { id, note }: PairingDirectory,
): Promise<void> => {
  await archive.setAside(layout.pairingOf(id), note ? `${note.org}-pairing` : `pairing-${id}`);
  log('pairing.archived', { pairing: id, org: note?.org ?? null });
};

/**
 * Only where the place is free: a directory that is there may be in use. The scan that follows finds the
 * imported directory like any other new one.
 */
const finishImport = async (
  deps: PairingRecoveryDeps,
  org: Org,
  pairing: PairingDirectory,
  tidy: boolean,
): Promise<void> => {
  const { disk, layout, log } = deps;
  if (await disk.stat(layout.organization(org))) {
    if (tidy) await archivePairing(deps, pairing);
    return;
  }
  await putInPlace(disk, layout, pairing.id, org);
  await removePairing(disk, layout, pairing.id);
  log('import.promoted', { org });
};

/** Decides what becomes of one pairing. Resolves with the session that it became. */
const recover = async (
  deps: PairingRecoveryDeps,
  pairing: PairingDirectory,
  tidy: boolean,
): Promise<Found | undefined> => {
  const { id, note } = pairing;
  const fate = fateOf(pairing);
  if (fate === 'finish' && note?.imported) await finishImport(deps, note.org, pairing, tidy);
  else if (fate === 'finish' && note) {
    const found = await deps.promotion.promote(note.org, pairing);
    deps.log('pairing.promoted', { org: note.org, pairing: id });
    return found;
  } else if (tidy && fate === 'remove' && !(await isForeign(deps.disk, deps.layout.pairingOf(id))))
    await removePairing(deps.disk, deps.layout, id);
  else if (tidy) await archivePairing(deps, pairing);
  return undefined;
};

/** Finishes the pairings that a crash interrupted, and tidies up the others once after a start. */
export const createPairingRecovery = (deps: PairingRecoveryDeps): PairingRecovery => {
  const { disk, layout } = deps;
  const once = createOnceLog(deps.log);
  let isTidied = false;
  /** A pairing that fails must not stop the others, nor the scan. */
  const orWarn = async <T>(id: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      once.log('pairing.unfinished', id, { pairing: id, problem });
      return undefined;
    }
  };
  /** One after another, so that many pairings do not take the disk from the sessions. */
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
    archive: (pairing) => archivePairing(deps, pairing),
    finishInterrupted: async (active) => {
      const names = await orWarn('*', () => disk.list(layout.pairing));
      if (!names) return [];
      const tidy = !isTidied;
      isTidied = true;
      const ids = names
        .filter((name) => parseOrg(name) !== undefined && !active.has(name))
        .map((id) => ({ id }));
      const pairings = await eachOrWarn(ids, ({ id }) => readPairing(disk, layout, id));
      return eachOrWarn(pairings.sort(byAge), (pairing) => recover(deps, pairing, tidy));
    },
  };
};
