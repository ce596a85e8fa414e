/**
 * Whether the directory of the sessions can be used, before anything is created. A name that a person
 * mistyped must not become a new directory without sessions.
 */
import { accessSync, constants, lstatSync, type Stats, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** File systems that the kernel only shows (statfs(2)): proc, sysfs, cgroup, cgroup2, devpts, debugfs. */
const shownByKernel = new Set([0x9fa0, 0x62656572, 0x27e0eb, 0x63677270, 0x1cd1, 0x64626720]);
const advice = 'Set AUTH_DIR to the directory of the sessions.';
const { R_OK, W_OK, X_OK } = constants;

type Found = { readonly stat: Stats } | { readonly code: string };
const found = (look: (path: string) => Stats, path: string): Found => {
  try {
    return { stat: look(path) };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? 'unknown error' };
  }
};
/** `what` names the path in the sentence. */
const faultOfDirectory = (what: string, path: string): string | undefined => {
  const at = found(statSync, path);
  if ('code' in at) return `${what}, which cannot be read (${at.code}). ${advice}`;
  if (!at.stat.isDirectory()) return `${what}, which is no directory. ${advice}`;
  if (shownByKernel.has(statfsSync(path).type))
    return `${what}, which the kernel shows and no program can write. ${advice}`;
  try {
    accessSync(path, R_OK | W_OK | X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return `${what}, which this user (uid ${process.geteuid?.()}) cannot read and write (${code}).`;
  }
};

/** A sentence; undefined when it can be used, or made inside a directory that exists. Changes nothing. */
export const faultOfRoot = (given: string): string | undefined => {
  const path = resolve(given);
  const what = `AUTH_DIR is ${given}`;
  if (path === '/') return `${what}, the root of the file system. ${advice}`;
  const itself = found(lstatSync, path);
  if ('code' in itself && itself.code === 'ENOENT') {
    const parent = dirname(path);
    const above = found(statSync, parent);
    if ('code' in above && above.code === 'ENOENT')
      return `${what}, and ${parent} does not exist. Create ${parent}, or correct AUTH_DIR.`;
    return faultOfDirectory(`${what}, in ${parent}`, parent);
  }
  const at = found(statSync, path);
  const isDangling = 'stat' in itself && itself.stat.isSymbolicLink() && 'code' in at && at.code === 'ENOENT';
  if (isDangling)
    return `${what}, a link to a place that does not exist. Mount that place, or correct the link.`;
  return faultOfDirectory(what, path);
};
