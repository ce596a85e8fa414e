import type { Account, Found, Org, SessionRecord } from '../../machines/domain/ports.ts';
import type { Disk } from '../disk/disk.ts';
import type { Archive } from './archive.ts';
import { classify } from './credentials.ts';
import { escapeName, foldsOnto } from './ids.ts';
import type { Layout } from './layout.ts';
import { type PairingDirectory, removePairing, syncPlaces } from './pairing-directory.ts';
import type { Records } from './records.ts';

/**
 * The pairing cannot be put in place: it holds no linked device, or its place is not free. The message is for
 * a person.
 */
export class PairingRefused extends Error {
  override readonly name = 'PairingRefused';
}

export interface PromotionDeps {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly records: Records;
  readonly archive: Archive;
  readonly foldsCase: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export interface Promotion {
  /** Throws `PairingRefused` when the name and another existing one are the same directory on this disk. */
  checkName(org: Org): Promise<void>;
  /**
   * Puts the device of the pairing in place of the organization. Promoting twice gives the same result as
   * once.
   */
  promote(org: Org, pairing: PairingDirectory): Promise<Found>;
}

/** Remembered pairings. Only a session repeats a promotion, and soon after the first attempt. */
const mostPromoted = 1_000;

export const createPromotion = ({
  disk,
  layout,
  records,
  archive,
  foldsCase,
  now,
}: PromotionDeps): Promotion => {
  /** The fingerprint by pairing id. After a restart no caller asks for the same pairing again. */
  const promoted = new Map<string, string>();

  const checkName = async (org: Org): Promise<void> => {
    const other = foldsCase ? foldsOnto(org, (await disk.list(layout.root)) ?? []) : undefined;
    if (other === undefined) return;
    throw new PairingRefused(
      `"${org}" and the existing "${escapeName(other)}" are one directory on this disk; use the existing ` +
        'name',
    );
  };
  const recordOf = async (org: Org): Promise<SessionRecord | undefined> => {
    const read = await records.read(org);
    return read.kind === 'record' ? read.record : undefined;
  };
  /** The session shall run with the new identity. The verdict on the old identity no longer counts. */
  const saveRecord = async (org: Org, fingerprint: string, account: Account | undefined): Promise<void> => {
    const { verdict: _, account: __, ...before } = (await recordOf(org)) ?? { revision: 0, firstSeen: now() };
    const record: SessionRecord = { ...before, ...(account && { account }), desired: 'running', fingerprint };
    await records.save({ org, record });
  };
  /**
   * The steps after the rename. A second attempt repeats them, because the first one may have failed in
   * between.
   */
  const settle = async (
    org: Org,
    id: string,
    fingerprint: string,
    account: Account | undefined,
  ): Promise<Found> => {
    await syncPlaces(disk, layout, id);
    await removePairing(disk, layout, id);
    const record = await recordOf(org);
    return {
      org,
      stored: 'restorable',
      fingerprint,
      ...(account && { account }),
      ...(record && { record }),
      promoted: true,
    };
  };
  /**
   * `session/` is gone. That is right only if this process moved it, and it is still in the organization's
   * place.
   */
  const settleAgain = async (org: Org, id: string): Promise<Found> => {
    const creds = await disk.read(layout.credentials(org));
    const { fingerprint, account } = classify(creds ?? Buffer.alloc(0));
    if (fingerprint === '' || promoted.get(id) !== fingerprint) {
      throw new PairingRefused(
        `pairing ${id} of ${org} has no session directory, and ${org} does not hold its credentials; ` +
          'pair again',
      );
    }
    return settle(org, id, fingerprint, account);
  };
  const remember = (id: string, fingerprint: string): void => {
    promoted.set(id, fingerprint);
    for (const oldest of promoted.keys()) if (promoted.size > mostPromoted) promoted.delete(oldest);
  };

  return {
    checkName,
    promote: async (org, { id, note, session, credentials }) => {
      if (!session) return settleAgain(org, id);
      if (note?.org !== org) throw new PairingRefused(`pairing ${id} does not belong to ${org}; pair again`);
      if (credentials?.stored !== 'restorable') {
        throw new PairingRefused(
          `pairing ${id} of ${org} holds no linked device yet; scan the code or pair again`,
        );
      }
      await checkName(org);
      const { fingerprint, account } = credentials;
      await saveRecord(org, fingerprint, account); // first, so that after a crash the session is known to run
      await archive.setAside(layout.organization(org), org);
      await disk.rename(layout.pairingSession(id), layout.organization(org));
      remember(id, fingerprint);
      return settle(org, id, fingerprint, account);
    },
  };
};
