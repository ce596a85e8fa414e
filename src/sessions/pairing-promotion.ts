import type { Account, Found, Org, SessionRecord } from '../../machines/domain/ports.ts';
import type { Disk } from '../disk/disk.ts';
import type { Archive } from './archive.ts';
import { classify } from './credentials.ts';
import { escapeName, foldsOnto } from './ids.ts';
import { type Layout, largestCredentialsBytes } from './layout.ts';
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

const checkName = async ({ disk, layout, foldsCase }: PromotionDeps, org: Org): Promise<void> => {
  const other = foldsCase ? foldsOnto(org, (await disk.list(layout.root)) ?? []) : undefined;
  if (other === undefined) return;
  throw new PairingRefused(
    `"${org}" and the existing "${escapeName(other)}" are one directory on this disk; use the existing name`,
  );
};

const recordOf = async ({ records }: PromotionDeps, org: Org): Promise<SessionRecord | undefined> => {
  const read = await records.read(org);
  return read.kind === 'record' ? read.record : undefined;
};

/** The new identity of an organization. */
interface Identity {
  readonly fingerprint: string;
  readonly account?: Account;
}

/** The session shall run with the new identity. The verdict on the old identity no longer counts. */
const saveRecord = async (
  deps: PromotionDeps,
  org: Org,
  { fingerprint, account }: Identity,
): Promise<void> => {
  const {
    verdict: _,
    account: __,
    ...kept
  } = (await recordOf(deps, org)) ?? { revision: 0, firstSeen: deps.now() };
  const record: SessionRecord = { ...kept, ...(account && { account }), desired: 'running', fingerprint };
  await deps.records.save({ org, record });
};

/**
 * The steps after the rename. A second attempt repeats them, because the first one may have failed in
 * between.
 */
const settle = async (deps: PromotionDeps, org: Org, id: string, identity: Identity): Promise<Found> => {
  await syncPlaces(deps.disk, deps.layout, id);
  await removePairing(deps.disk, deps.layout, id);
  const { fingerprint, account } = identity;
  const record = await recordOf(deps, org);
  const found = { org, stored: 'restorable', fingerprint, promoted: true } as const;
  return { ...found, ...(account && { account }), ...(record && { record }) };
};

/** The identity of a pairing that may be promoted. Throws `PairingRefused`. */
const identityOf = (org: Org, { id, note, credentials }: PairingDirectory): Identity => {
  if (note?.org !== org) throw new PairingRefused(`pairing ${id} does not belong to ${org}; pair again`);
  if (credentials?.stored === 'restorable') return credentials;
  throw new PairingRefused(`pairing ${id} of ${org} holds no linked device yet; scan the code or pair again`);
};

export const createPromotion = (deps: PromotionDeps): Promotion => {
  const { disk, layout, archive } = deps;
  /** The fingerprint by pairing id. After a restart no caller asks for the same pairing again. */
  const promoted = new Map<string, string>();
  const remember = (id: string, fingerprint: string): void => {
    promoted.set(id, fingerprint);
    for (const oldest of promoted.keys()) if (promoted.size > mostPromoted) promoted.delete(oldest);
  };
  /**
   * `session/` is gone. That is right only if this process moved it, and it is still in the organization's
   * place.
   */
  const settleAgain = async (org: Org, id: string): Promise<Found> => {
    const identity = classify(
      (await disk.read(layout.credentials(org), largestCredentialsBytes)) ?? Buffer.alloc(0),
    );
    if (identity.fingerprint !== '' && promoted.get(id) === identity.fingerprint)
      return settle(deps, org, id, identity);
    throw new PairingRefused(
      `pairing ${id} of ${org} has no session directory, and ${org} does not hold its ` +
        'credentials; pair again',
    );
  };
  return {
    checkName: (org) => checkName(deps, org),
    promote: async (org, pairing) => {
      const { id, session } = pairing;
      if (!session) return settleAgain(org, id);
      const identity = identityOf(org, pairing);
      await checkName(deps, org);
      await saveRecord(deps, org, identity); // first, so that after a crash the session is known to run
      await archive.setAside(layout.organization(org), org);
      await disk.rename(layout.pairingSession(id), layout.organization(org));
      remember(id, identity.fingerprint);
      return settle(deps, org, id, identity);
    },
  };
};
