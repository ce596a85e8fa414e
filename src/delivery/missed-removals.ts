/**
 * Organizations that webhooks know and that no longer exist: they were removed while Vigía did not run, or a
 * kill came between the removal and its event. They are found once after a start, with the rules of the
 * supervisor: two scans must miss them, and a directory that is not mounted removes no organization.
 */
import { believedAfterScans, massMin, massShare } from '../../machines/supervisor/reconcile.ts';

interface Known {
  readonly revision: number;
}
type ScanEvent =
  | { readonly type: 'scan.done'; readonly adopted: readonly string[] }
  | { readonly type: 'session.reported'; readonly org: string }
  | { readonly type: 'fleet.frozen' }
  | { readonly type: 'fleet.thawed' };

const scanEvents: readonly string[] = [
  'scan.done',
  'session.reported',
  'fleet.frozen',
  'fleet.thawed',
] satisfies ScanEvent['type'][];
export const isScanEvent = <E extends { readonly type: string }>(e: E): e is Extract<E, ScanEvent> =>
  scanEvents.includes(e.type);

export interface MissedRemovalsDeps {
  /** The organizations that webhooks know now. */
  readonly announced: () => ReadonlyMap<string, Known>;
  readonly removed: (org: string, revision: number) => void;
  /** After many vanished at once, none is believed for this long. Milliseconds. */
  readonly freezeMs: number;
  /** Milliseconds on a clock that nothing sets. */
  readonly elapsed: () => number;
}

/** Returns the listener for the events of the supervisor. */
export const watchMissedRemovals = ({ announced, removed, freezeMs, elapsed }: MissedRemovalsDeps) => {
  const present = new Set<string>();
  let scans = 0;
  let frozen = false;
  let massSince: number | undefined;
  let isDone = false;

  const scanned = (): void => {
    const known = announced();
    const missing = [...known].filter(([org]) => !present.has(org));
    const isMass = missing.length >= massMin && missing.length > known.size * massShare;
    massSince = isMass ? (massSince ?? elapsed()) : undefined;
    if (massSince !== undefined && elapsed() - massSince < freezeMs) return;
    scans += 1;
    if (scans < believedAfterScans && missing.length > 0) return;
    isDone = true;
    for (const [org, { revision }] of missing) removed(org, revision + 1);
  };
  return (e: ScanEvent): void => {
    if (isDone) return;
    if (e.type === 'fleet.frozen') frozen = true;
    else if (e.type === 'fleet.thawed') frozen = false;
    else if (e.type === 'session.reported') present.add(e.org);
    else {
      for (const org of e.adopted) present.add(org);
      if (!frozen) scanned();
    }
  };
};
