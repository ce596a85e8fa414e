/**
 * Bundles the page of `src/page/` into `dist/page/`: each `*.html` is one entry, and its scripts and styles
 * become files named by their content. Addresses are relative, so that the page also works below a path of a
 * proxy.
 *
 * Plain JavaScript, because it runs before anything is compiled.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../src/page', import.meta.url));
const entries = readdirSync(root).filter((name) => name.endsWith('.html'));

await build({
  root,
  base: './',
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
  build: {
    outDir: fileURLToPath(new URL('../dist/page', import.meta.url)),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0, // an inlined image would need "data:" in the policy
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: entries.map((name) => join(root, name)),
      external: ['ws'], // the client loads it only where there is no WebSocket
    },
  },
});
