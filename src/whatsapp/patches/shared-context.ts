/**
 * Patch of Node 20 and 22: one async context for all sockets.
 *
 * Baileys makes one `AsyncLocalStorage` per socket (`addTransactionCapability`) and never disables it. Where
 * Node keeps these stores in a list, every promise of the process walks that list: 1,000 sessions cost 100 ms
 * of CPU each to restore instead of 27 (Node 20.20, WHATSAPP-FACTS.md#async-context). Here all sockets share
 * one real instance, whose value is a chain with one link per owner. Node 24 keeps the stores in a frame
 * instead of a list, so the patch is left out there.
 */
import { AsyncLocalStorage as Imported, type AsyncLocalStorage as Storage } from 'node:async_hooks';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { PatchState } from './patch.ts';

interface Hooks {
  readonly AsyncLocalStorage: typeof Storage;
}
/** The CommonJS object of the module. `syncBuiltinESMExports` copies its properties to the importers. */
const hooks = createRequire(import.meta.url)('node:async_hooks') as Hooks;
const Real = hooks.AsyncLocalStorage;
/**
 * A data property on Node 20, a getter without a setter on Node 22 and 24 (WHATSAPP-FACTS.md#hooks-getter):
 * hence no assignment.
 */
const original = Object.getOwnPropertyDescriptor(hooks, 'AsyncLocalStorage');

const exchange = (replacement: PropertyDescriptor) => {
  Object.defineProperty(hooks, 'AsyncLocalStorage', replacement);
  syncBuiltinESMExports();
};
const ours = (): PropertyDescriptor => ({
  value: SharedContext,
  writable: true,
  enumerable: true,
  configurable: true,
});

/**
 * Node keeps its stores in a list when a store enters the list by `_enable`, a method that the implementation
 * with frames does not have (Node 20.20, 22.23 and 24.22, with and without their flags for frames).
 */
export const walksStores = (): boolean => '_enable' in Real.prototype;

const probe = (): PatchState => {
  if (!walksStores()) return { name: 'shared_context', is: 'not_needed' };
  const missing = (why: string): PatchState => ({ name: 'shared_context', is: 'missing', why });
  if (original === undefined) return missing('Node has no AsyncLocalStorage where it was expected');
  if (!original.configurable)
    return missing('AsyncLocalStorage of Node cannot be replaced: another module froze it');
  try {
    exchange(ours());
    return (Imported as unknown) === SharedContext
      ? { name: 'shared_context', is: 'applied' }
      : missing('a replaced AsyncLocalStorage does not reach the modules that import it');
  } catch (error) {
    return missing(error instanceof Error ? error.message : String(error));
  } finally {
    exchange(original);
  }
};
let state: PatchState | undefined;
/** Whether the patch can be applied in this process. Probed once. */
export const sharedContextState = (): PatchState => {
  state ??= probe();
  return state;
};

/**
 * Runs `make` synchronously, and gives what it makes the shared context. Without the patch it only runs
 * `make`.
 *
 * The constructor is exchanged only during the call, so no other code in the process sees it. The two
 * exchanges cost 65 µs (Node 20.20), beside the 1,400 µs of `makeWASocket` itself.
 */
export const withSharedContext = <T>(make: () => T): T => {
  if (sharedContextState().is !== 'applied' || original === undefined) return make();
  // a call inside a call, or another module's replacement, which stays
  if (hooks.AsyncLocalStorage !== Real) return make();
  exchange(ours());
  try {
    return make();
  } finally {
    exchange(original);
  }
};

/**
 * One link for each nested transaction. As a rule there is one: Baileys reuses a transaction that is already
 * open.
 */
interface Link {
  readonly owner: SharedContext;
  readonly value: unknown;
  readonly outer: Link | undefined;
}
const shared = new Real<Link | undefined>();
let made = 0;

/**
 * Contexts made so far. It stays at zero when Baileys no longer takes the class from Node at the time of the
 * call.
 */
export const sharedContextsMade = (): number => made;

/**
 * Baileys 7.0.0-rc14 uses only `run` and `getStore`. The other methods throw, because they would change all
 * organizations.
 */
class SharedContext {
  constructor() {
    made += 1;
  }
  getStore(): unknown {
    for (let link = shared.getStore(); link; link = link.outer) if (link.owner === this) return link.value;
    return undefined;
  }
  run<R, A extends unknown[]>(value: unknown, callback: (...args: A) => R, ...args: A): R {
    return shared.run({ owner: this, value, outer: shared.getStore() }, callback, ...args);
  }
  enterWith(): never {
    return unsupported('enterWith');
  }
  exit(): never {
    return unsupported('exit');
  }
  disable(): never {
    return unsupported('disable');
  }
}

const unsupported = (method: string): never => {
  throw new Error(
    `AsyncLocalStorage.${method} is not available within withSharedContext: it has only run and getStore`,
  );
};
