import type { AsyncLocalStorage as AsyncLocalStorageType } from 'node:async_hooks';
import { createRequire, syncBuiltinESMExports } from 'node:module';

/**
 * Baileys makes one `AsyncLocalStorage` per socket (`addTransactionCapability`) and never disables it. On Node 20 every one that
 * was ever used is walked for every promise of the process, for ever: 1,000 sessions cost 100 ms of CPU each to restore instead
 * of 27, and reconnecting one organization 500 times nearly doubles the price of the next (measured-costs §4; upstream
 * WhiskeySockets/Baileys#2806). Here all of them share one real instance: what it carries is a chain with one link per owner.
 *
 * The constructor is exchanged only while `make` runs, synchronously, and nobody else in the process ever sees another than
 * Node's. That costs 65 µs per call (two `syncBuiltinESMExports`, which is what makes a named import in an ES module follow;
 * Node 20.20), beside the 1,400 µs of `makeWASocket` itself. The alternative, one permanent replacement that looks at a flag,
 * would cost 1.4 µs instead of 0.1 per construction and leave its mark on every other user of the class.
 */
export const withSharedContext = <T>(make: () => T): T => {
  if (hooks.AsyncLocalStorage !== Real) return make(); // already inside, or somebody else's replacement: theirs to keep
  hooks.AsyncLocalStorage = SharedContext as unknown as typeof Real;
  syncBuiltinESMExports();
  try {
    return make();
  } finally {
    hooks.AsyncLocalStorage = Real;
    syncBuiltinESMExports();
  }
};

/** The CommonJS object of the module: the one whose properties `syncBuiltinESMExports` copies to the importers. */
const hooks = createRequire(import.meta.url)('node:async_hooks') as { AsyncLocalStorage: typeof AsyncLocalStorageType };
const Real = hooks.AsyncLocalStorage;

/** As long as transactions are nested: one, as a rule. Baileys reuses a transaction of its own that is already open. */
interface Link {
  readonly owner: SharedContext;
  readonly value: unknown;
  readonly outer: Link | undefined;
}
const shared = new Real<Link | undefined>();
let made = 0;

/** How many have been made so far: zero after opening sockets would say that Baileys gets its class in another way now. */
export const sharedContextsMade = (): number => made;

/** `run` and `getStore` are all that Baileys 7.0.0-rc14 uses. The rest says so instead of doing something to all organizations. */
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
  throw new Error(`AsyncLocalStorage.${method} is not available in what was made within withSharedContext: it has only run and getStore`);
};
