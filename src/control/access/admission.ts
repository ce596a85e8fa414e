/** How many may be connected: in all, from one address, with one key, and without having said who they are. */

export interface AdmissionBounds {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxConnectionsPerKey: number;
  /** Of those who have not presented a key. */
  readonly maxStrangers: number;
}
export interface Place {
  /** The stranger has a key. False when too many are connected with it; then the place should be left. */
  introduce(keyId: string): boolean;
  /** Calling it again does nothing. */
  leave(): void;
}
export type Entered =
  | { readonly ok: true; readonly place: Place }
  /** `all`: whoever it were. `address`: because of this one. */
  | { readonly ok: false; readonly full: 'all' | 'address' };
export interface Admission {
  enter(address: string): Entered;
  /** Whether somebody who has presented no key may come in as well. */
  hasRoomForStranger(): boolean;
}

/** Counts that forget what they have none of. */
const tally = () => {
  const counts = new Map<string, number>();
  const of = (what: string) => counts.get(what) ?? 0;
  return {
    of,
    add: (what: string) => void counts.set(what, of(what) + 1),
    remove: (what: string) => void (of(what) > 1 ? counts.set(what, of(what) - 1) : counts.delete(what)),
  };
};

export const openAdmission = (bounds: AdmissionBounds): Admission => {
  const [addresses, keys] = [tally(), tally()];
  let all = 0;
  let strangers = 0;
  return {
    hasRoomForStranger: () => strangers < bounds.maxStrangers,
    enter: (address) => {
      if (all >= bounds.maxConnections) return { ok: false, full: 'all' };
      if (addresses.of(address) >= bounds.maxConnectionsPerAddress) return { ok: false, full: 'address' };
      all += 1;
      strangers += 1;
      addresses.add(address);
      let key: string | undefined;
      let hasLeft = false;
      return {
        ok: true,
        place: {
          introduce: (keyId) => {
            if (hasLeft || key !== undefined) return !hasLeft && key === keyId;
            if (keys.of(keyId) >= bounds.maxConnectionsPerKey) return false;
            key = keyId;
            keys.add(keyId);
            strangers -= 1;
            return true;
          },
          leave: () => {
            if (hasLeft) return;
            hasLeft = true;
            all -= 1;
            addresses.remove(address);
            if (key === undefined) strangers -= 1;
            else keys.remove(key);
          },
        },
      };
    },
  };
};
