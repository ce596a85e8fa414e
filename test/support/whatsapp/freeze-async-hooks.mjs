/**
 * Preload for a program under test: a Node whose `AsyncLocalStorage` cannot be replaced, so that the shared
 * context does not apply.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';

const hooks = createRequire(import.meta.url)('node:async_hooks');
Object.defineProperty(hooks, 'AsyncLocalStorage', {
  value: hooks.AsyncLocalStorage,
  writable: false,
  configurable: false,
});
syncBuiltinESMExports();
