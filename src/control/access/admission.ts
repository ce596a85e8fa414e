/** How many clients may be connected: in all, from one address, with one key, and without a key yet. */

export interface AdmissionBounds {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxConnectionsPerKey: number;
  /** Connections that have not presented a key. */
  readonly maxUnauthenticated: number;
}
/** One admitted connection. It counts as unauthenticated until it has a key. */
export interface Slot {
  /**
   * Counts the connection under its key. False when that key has too many connections; then release the slot.
   */
  assignKey(keyId: string): boolean;
  /** Calling it again does nothing. */
  release(): void;
}
export type AdmissionResult =
  | { readonly ok: true; readonly slot: Slot }
  /** `full`: whether all connections are taken, or those of this address. */
  | { readonly ok: false; readonly full: 'all' | 'address' };
export interface Admission {
  acquire(address: string): AdmissionResult;
  /** Whether one more connection without a key may be open. */
  hasRoomForUnauthenticated(): boolean;
}

/** Counts by name. A name whose count is zero takes no memory. */
const createTally = () => {
  const counts = new Map<string, number>();
  const count = (name: string) => counts.get(name) ?? 0;
  return {
    count,
    add: (name: string) => void counts.set(name, count(name) + 1),
    remove: (name: string) =>
      void (count(name) > 1 ? counts.set(name, count(name) - 1) : counts.delete(name)),
  };
};

export const createAdmission = (bounds: AdmissionBounds): Admission => {
  const addresses = createTally();
  const keys = createTally();
  let all = 0;
  let unauthenticated = 0;

  const createSlot = (address: string): Slot => {
    let state:
      | { readonly phase: 'unauthenticated' }
      | { readonly phase: 'authenticated'; readonly keyId: string }
      | { readonly phase: 'released' } = {
      phase: 'unauthenticated',
    };
    all += 1;
    unauthenticated += 1;
    addresses.add(address);
    return {
      assignKey: (keyId) => {
        if (state.phase === 'authenticated') return state.keyId === keyId;
        if (state.phase === 'released' || keys.count(keyId) >= bounds.maxConnectionsPerKey) return false;
        keys.add(keyId);
        unauthenticated -= 1;
        state = { phase: 'authenticated', keyId };
        return true;
      },
      release: () => {
        if (state.phase === 'released') return;
        all -= 1;
        addresses.remove(address);
        if (state.phase === 'authenticated') keys.remove(state.keyId);
        else unauthenticated -= 1;
        state = { phase: 'released' };
      },
    };
  };
  return {
    hasRoomForUnauthenticated: () => unauthenticated < bounds.maxUnauthenticated,
    acquire: (address) => {
      if (all >= bounds.maxConnections) return { ok: false, full: 'all' };
      if (addresses.count(address) >= bounds.maxConnectionsPerAddress) return { ok: false, full: 'address' };
      return { ok: true, slot: createSlot(address) };
    },
  };
};
