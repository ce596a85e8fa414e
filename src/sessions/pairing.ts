import type { Account, Found, Org, SessionRecord } from '../../machines/domain/ports.ts';
import type { WriteLog } from '../base/log.ts';
import { createSerialQueue } from '../base/serial-queue.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import type { Archive } from './archive.ts';
import { classify } from './credentials.ts';
import { escapeName, foldsOnto, parseOrg } from './ids.ts';
import type { Layout } from './layout.ts';
import { sayOnce } from './log-once.ts';
import { fateOf, makePairing, type PairingDirectory, putInPlace, readPairing, removePairing, syncPlaces } from './pairing-directory.ts';
import type { Records } from './records.ts';

/** The pairing is not in a state that can be put in place, or its place is not free. The message is for a person. */
export class PairingRefused extends Error {
  override readonly name = 'PairingRefused';
}

/**
 * Pairings live in `.vigia/pairing/<id>/` until a phone has linked the device; only then does `session/` become the directory of
 * the organization. A crash at any point loses nothing: what `promote` began, `finishInterrupted` finishes.
 */
export interface Pairings {
  /** Makes an empty directory for a new identity; resolves with the path of `session/`. From here on this process owns the pairing. */
  prepare(org: Org, id: string): Promise<string>;
  /** Puts the finished pairing in place of the organization's directory, which is archived. Doing it twice is doing it once. */
  promote(org: Org, id: string): Promise<Found>;
  /** Expired or cancelled. Deletes it, unless a device was linked after all (or may have been): then it is archived. */
  discard(id: string): Promise<void>;
  /** The pairings prepared by this process, and neither promoted, discarded nor released. */
  owned(): ReadonlySet<string>;
  /** The session that ran it is gone (crashed, say): from now on the pairing may be finished by a scan. */
  release(id: string): void;
  /**
   * Promotes every finished pairing that is not in `active`, the oldest first. The first call after a start also tidies: deletes
   * those in which nothing was linked, archives those that can neither be finished nor be known to be worthless.
   */
  finishInterrupted(active: ReadonlySet<string>): Promise<readonly Found[]>;
}

export interface PairingsInput {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly records: Records;
  readonly archive: Archive;
  readonly foldsCase: boolean;
  readonly now: () => number;
  readonly log: WriteLog;
}

const rememberedMoves = 1_000;

export const createPairings = ({ disk, layout, records, archive, foldsCase, now, log }: PairingsInput): Pairings => {
  const owned = new Set<string>();
  const once = sayOnce(log);
  /** Pairings that this process put in place, and their fingerprints. After a restart nobody asks for them again. */
  const moved = new Map<string, string>();
  let tidied = false;
  /** A scan and a session may want to finish the same pairing: one after the other. */
  const queue = createSerialQueue();

  const refuseFolded = async (org: Org): Promise<void> => {
    const other = foldsCase ? foldsOnto(org, (await disk.list(layout.root)) ?? []) : undefined;
    if (other === undefined) return;
    throw new PairingRefused(`"${org}" and the existing "${escapeName(other)}" are one directory on this disk; use the existing name`);
  };

  const recordOf = async (org: Org): Promise<SessionRecord | undefined> => {
    const read = await records.read(org);
    return read.kind === 'record' ? read.record : undefined;
  };
  /** Wanted to run, under the new identity; what was held against the old one no longer counts. */
  const keepRecord = async (org: Org, fingerprint: string, account: Account | undefined): Promise<void> => {
    const { verdict: _, account: __, ...before } = (await recordOf(org)) ?? { revision: 0, firstSeen: now() };
    await records.save({ org, record: { ...before, ...(account && { account }), desired: 'running', fingerprint } });
  };
  const foundNow = async (org: Org, fingerprint: string, account: Account | undefined): Promise<Found> => {
    const record = await recordOf(org);
    return { org, stored: 'restorable', fingerprint, ...(account && { account }), ...(record && { record }), promoted: true };
  };

  /** `session/` is gone: fine if this process moved it, and it is what lies in the organization's place. */
  const alreadyPromoted = async (org: Org, id: string): Promise<Found> => {
    const creds = await disk.read(layout.credentials(org));
    const { fingerprint, account } = classify(creds ?? Buffer.alloc(0));
    if (fingerprint === '' || moved.get(id) !== fingerprint) {
      throw new PairingRefused(`pairing ${id} of ${org} has no session directory, and ${org} does not hold its credentials; pair again`);
    }
    return settle(org, id, fingerprint, account);
  };
  /** What comes after the rename, and is done again when it failed. */
  const settle = async (org: Org, id: string, fingerprint: string, account: Account | undefined): Promise<Found> => {
    await syncPlaces(disk, layout, id);
    await removePairing(disk, layout, id);
    return foundNow(org, fingerprint, account);
  };

  const promoteNow = async (org: Org, id: string, pairing: PairingDirectory): Promise<Found> => {
    if (!pairing.session) return alreadyPromoted(org, id);
    if (pairing.note?.org !== org) throw new PairingRefused(`pairing ${id} does not belong to ${org}; pair again`);
    if (pairing.credentials?.stored !== 'restorable') {
      throw new PairingRefused(`pairing ${id} of ${org} holds no linked device yet; scan the code or pair again`);
    }
    await refuseFolded(org);
    const { fingerprint, account } = pairing.credentials;
    await keepRecord(org, fingerprint, account); // first: whatever comes after a crash knows that it is to run
    await archive.setAside(layout.organization(org), org);
    await disk.rename(layout.pairingSession(id), layout.organization(org));
    moved.set(id, fingerprint);
    for (const oldest of moved.keys()) if (moved.size > rememberedMoves) moved.delete(oldest);
    return settle(org, id, fingerprint, account);
  };

  const archivePairing = async ({ id, note }: PairingDirectory): Promise<void> => {
    await archive.setAside(layout.pairingOf(id), note ? `${note.org}-pairing` : `pairing-${id}`);
    log('pairing.archived', { pairing: id, org: note?.org ?? null });
  };
  /** Only where nothing is in the way: what lies there now may be at work. Found by the scan that follows, like any other newcomer. */
  const finishImport = async (org: Org, pairing: PairingDirectory, tidy: boolean): Promise<void> => {
    if (await disk.stat(layout.organization(org))) return tidy ? archivePairing(pairing) : undefined;
    await putInPlace(disk, layout, pairing.id, org);
    await removePairing(disk, layout, pairing.id);
    log('import.promoted', { org });
  };

  const finishOne = async (pairing: PairingDirectory, tidy: boolean): Promise<Found | undefined> => {
    const { id, note } = pairing;
    const fate = fateOf(pairing);
    if (fate === 'finish' && note) {
      if (note.imported) return finishImport(note.org, pairing, tidy).then(() => undefined);
      const found = await promoteNow(note.org, id, pairing);
      log('pairing.promoted', { org: note.org, pairing: id });
      return found;
    }
    if (!tidy) return undefined;
    if (fate === 'remove') await removePairing(disk, layout, id);
    else await archivePairing(pairing);
    return undefined;
  };
  /** One that fails must not keep the others, nor the scan, from going on. */
  const orWarn = async <T>(id: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DiskFault || error instanceof PairingRefused)) throw error;
      once.log('pairing.unfinished', id, { pairing: id, problem: error.message });
      return undefined;
    }
  };

  return {
    prepare: async (org, id) => {
      owned.add(id);
      await refuseFolded(org);
      if (await disk.stat(layout.pairingOf(id))) throw new Error(`pairing ${id} exists: an id must be new`);
      return makePairing(disk, layout, { org, id, startedAt: now() });
    },
    promote: (org, id) =>
      queue.run(async () => {
        const found = await promoteNow(org, id, await readPairing(disk, layout, id));
        owned.delete(id);
        return found;
      }),
    discard: (id) =>
      queue.run(async () => {
        const pairing = await readPairing(disk, layout, id);
        if (pairing.credentials && pairing.credentials.stored !== 'unpaired') await archivePairing(pairing);
        else await removePairing(disk, layout, id);
        owned.delete(id);
      }),
    owned: () => owned,
    release: (id) => void owned.delete(id),
    finishInterrupted: (active) =>
      queue.run(async () => {
        const names = await orWarn('*', () => disk.list(layout.pairing));
        if (!names) return [];
        const tidy = !tidied;
        tidied = true;
        const ids = names.filter((name) => parseOrg(name) !== undefined && !active.has(name));
        const pairings: PairingDirectory[] = [];
        for (const id of ids) {
          const pairing = await orWarn(id, () => readPairing(disk, layout, id));
          if (pairing) pairings.push(pairing);
        }
        pairings.sort((a, b) => (a.note?.startedAt ?? 0) - (b.note?.startedAt ?? 0) || (a.id < b.id ? -1 : 1));
        const found: Found[] = [];
        for (const pairing of pairings) {
          const promoted = await orWarn(pairing.id, () => finishOne(pairing, tidy));
          if (promoted) found.push(promoted);
        }
        return found;
      }),
  };
};
