/** How many clients may be connected: in all, from one address, with one key, and unauthenticated. */

export interface AdmissionBounds {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxConnectionsPerKey: number;
  /** Connections that have not presented a key yet. */
  readonly maxUnauthenticated: number;
}
export interface ConnectionSlot {
  /** The client presented a key. False when too many are connected with it; the slot must be released then. */
  authenticate(keyId: string): boolean;
  /** Calling it again does nothing. */
  release(): void;
}
export type AdmissionResult =
  | { readonly ok: true; readonly slot: ConnectionSlot }
  /** `all`: whoever it were. `address`: because of this one. */
  | { readonly ok: false; readonly full: 'all' | 'address' };
export interface Admission {
  enter(address: string): AdmissionResult;
  /** Whether one more client without a key may connect. */
  hasRoomForUnauthenticated(): boolean;
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
  let unauthenticated = 0;
  return {
    hasRoomForUnauthenticated: () => unauthenticated < bounds.maxUnauthenticated,
    enter: (address) => {
      if (all >= bounds.maxConnections) return { ok: false, full: 'all' };
      if (addresses.of(address) >= bounds.maxConnectionsPerAddress) return { ok: false, full: 'address' };
      all += 1;
      unauthenticated += 1;
      addresses.add(address);
      let key: string | undefined;
      let hasLeft = false;
      return {
        ok: true,
        slot: {
          authenticate: (keyId) => {
            if (hasLeft || key !== undefined) return !hasLeft && key === keyId;
            if (keys.of(keyId) >= bounds.maxConnectionsPerKey) return false;
            key = keyId;
            keys.add(keyId);
            unauthenticated -= 1;
            return true;
          },
          release: () => {
            if (hasLeft) return;
            hasLeft = true;
            all -= 1;
            addresses.remove(address);
            if (key === undefined) unauthenticated -= 1;
            else keys.remove(key);
          },
        },
      };
    },
  };
};
