/** The version of this program, from its package. */
import { readFileSync } from 'node:fs';

/** From `src/base/` as it is, and from `dist/src/base/` when built. */
const manifest = new URL(
  import.meta.url.endsWith('.ts') ? '../../package.json' : '../../../package.json',
  import.meta.url,
);
const { version, engines } = JSON.parse(readFileSync(manifest, 'utf8')) as {
  version: string;
  engines: { node: string };
};
export const build = version;
/** The versions of Node that are supported, as in the package: `^20.19 || ^22.12 || >=24`. */
export const requiredNode = engines.node;
