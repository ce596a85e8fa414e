/**
 * Bundles the client of `src/client/` into one file for browsers, `dist/browser/client.js`. A page can serve it as
 * it is, without a bundler of its own.
 *
 * Plain JavaScript, because it runs before anything is compiled.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The client loads `ws` only where there is no WebSocket. Every browser has one. */
const withoutWs = {
  name: 'without-ws',
  enforce: 'pre',
  resolveId: (id) => (id === 'ws' ? '\0ws' : null),
  load: (id) => (id === '\0ws' ? 'export const WebSocket = undefined;' : null),
};

await build({
  root,
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
  plugins: [withoutWs],
  build: {
    outDir: 'dist/browser',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    lib: { entry: 'src/client/client.ts', formats: ['es'], fileName: () => 'client.js' },
    rolldownOptions: { output: { codeSplitting: false } },
  },
});
