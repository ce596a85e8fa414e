/**
 * The directions of `docs/engineering/ARCHITECTURE.md`, held by a test: invariants that are mostly absences.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const filesIn = (directory: string): string[] =>
  readdirSync(join(root, directory), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
interface Source {
  readonly file: string;
  readonly lines: number;
  /** Paths inside the project, or names of packages. */
  readonly imports: readonly string[];
  readonly text: string;
}
const read = (file: string): Source => {
  const text = readFileSync(join(root, file), 'utf8');
  const specifiers = [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g,
    ),
  ].map((m) => m[1] ?? m[2] ?? m[3] ?? '');
  const imports = specifiers.map((s) =>
    s.startsWith('.') ? relative(root, resolve(root, dirname(file), s)) : s,
  );
  return { file, lines: text.split('\n').length, imports, text };
};
const machines = filesIn('machines').map(read);
const sources = filesIn('src').map(read);
const tests = filesIn('test').map(read);
const scripts = filesIn('scripts').map(read);
const isOurs = (name: string) => /^(machines|src|test|scripts)\//.test(name);
const folderOf = (file: string) => /^src\/([^/]+)\//.exec(file)?.[1];
const offenders = (all: readonly Source[], bad: (imported: string, by: Source) => boolean) =>
  all.flatMap((s) => s.imports.filter((name) => bad(name, s)).map((name) => `${s.file} → ${name}`));

/**
 * The files that import each other in a circle, and those that import them. A file that imports none of the
 * rest is taken away first.
 */
const circleIn = (importsOf: ReadonlyMap<string, readonly string[]>): readonly string[] => {
  const left = new Set(importsOf.keys());
  const isFree = (file: string) => !importsOf.get(file)?.some((name) => left.has(name));
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const file of left) if (isFree(file)) left.delete(file);
  }
  return [...left];
};

/**
 * Folders of `src/` that any other may use: general tools, the disk as a port, and the contract that clients
 * read.
 */
const leaves = new Set(['base', 'disk', 'protocol']);
/** And one type: what is kept in the database, and how. */
const tablePort = 'src/database/table.ts';
const mayUseTables = new Set(['history', 'delivery', 'alerts', 'messages']);
const mayUseProtocol = new Set([
  'keys',
  'control',
  'alerts',
  'metrics',
  'delivery',
  'cli',
  'client',
  'page',
  'app',
  'offline',
  'messages',
  'whatsapp',
]);

describe('the project', () => {
  it('is where this test looks for it', () => {
    expect(machines.length).toBeGreaterThan(10);
    expect(sources.length).toBeGreaterThan(30);
    expect(machines.find((s) => s.file === 'machines/session/session.machine.ts')?.imports).toContain(
      'machines/session/live.ts',
    );
    expect(sources.find((s) => s.file === 'src/whatsapp/socket.ts')?.imports).toContain(
      '@whiskeysockets/baileys',
    );
  });
  it('keeps every file small enough to hold in the head', () => {
    expect(
      [...machines, ...sources, ...tests].filter((s) => s.lines > 251).map((s) => `${s.file}: ${s.lines}`),
    ).toEqual([]);
  });
  it('has no circle of imports, types included', () => {
    const importsOf = new Map(
      [...machines, ...sources, ...scripts].map(({ file, imports }) => [file, imports.filter(isOurs)]),
    );
    expect(circleIn(importsOf)).toEqual([]);
  });
  it('has no file whose name says nothing', () => {
    expect(
      [...machines, ...sources]
        .map((s) => s.file)
        .filter((f) => /(^|\/)(utils?|helpers?|common|misc|manager|service)s?\.ts$/.test(f)),
    ).toEqual([]);
  });
});

describe('machines/', () => {
  it('imports itself and xstate, and nothing else', () => {
    expect(offenders(machines, (name) => !name.startsWith('machines/') && name !== 'xstate')).toEqual([]);
  });
  it('has no clock, no randomness and no log of its own', () => {
    const own =
      /\b(Date\.now|new Date\(\)|Math\.random|performance\.|console\.|process\.|setTimeout|setInterval)/;
    expect(
      machines
        .filter((s) => own.test(s.text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')))
        .map((s) => s.file),
    ).toEqual([]);
  });
});

describe('src/', () => {
  it('has folders that never import each other, but for the leaves', () => {
    const crosses = (name: string, by: Source) => {
      const [from, to] = [folderOf(by.file), folderOf(name)];
      if (
        from === undefined ||
        to === undefined ||
        from === to ||
        from === 'app' ||
        (from === 'offline' && to !== 'app')
      )
        return false;
      if (name === tablePort && mayUseTables.has(from)) return false;
      // a request is as good as the key that it carries
      if (from === 'control' && to === 'keys') return false;
      if (from === 'page' && to === 'client') return false; // the page is a client like any other
      // a client, or a composition
      if (from === 'cli' && (to === 'client' || to === 'app' || to === 'offline')) return false;
      return !(leaves.has(to) && (to !== 'protocol' || mayUseProtocol.has(from)));
    };
    expect(offenders(sources, crosses)).toEqual([]);
  });
  it('lets nobody know the composition but the process', () => {
    expect(
      offenders(
        sources,
        (name, by) =>
          folderOf(name) === 'app' &&
          folderOf(by.file) !== 'app' &&
          by.file !== 'src/main.ts' &&
          folderOf(by.file) !== 'cli',
      ),
    ).toEqual([]);
  });
  it('keeps what needs no server apart from the server', () => {
    expect(
      offenders(sources, (name, by) => folderOf(by.file) === 'offline' && folderOf(name) === 'app'),
    ).toEqual([]);
  });
  it('imports the client library in one folder only', () => {
    expect(
      offenders(
        sources,
        (name, by) => name.startsWith('@whiskeysockets/') && folderOf(by.file) !== 'whatsapp',
      ),
    ).toEqual([]);
  });
  it('imports the embedded database in one folder only', () => {
    expect(offenders(sources, (name, by) => name === 'lmdb' && folderOf(by.file) !== 'database')).toEqual([]);
  });
  it('imports the log library in one file only', () => {
    const importers = sources.filter((s) => s.imports.some((name) => /^pino(-pretty)?$/.test(name)));
    expect(importers.map((s) => s.file)).toEqual(['src/log/log.ts']);
  });
  it('imports prom-client in one folder only', () => {
    expect(
      offenders(sources, (name, by) => name === 'prom-client' && folderOf(by.file) !== 'metrics'),
    ).toEqual([]);
  });
  it('imports ws in the control API only (and its types where a socket is cut; the client, when it runs where there is no WebSocket; the command line, to pin a certificate)', () => {
    const runtime = (s: Source) => /import (?!type )[^;]*from 'ws'|import\('ws'\)/.test(s.text);
    expect(sources.filter((s) => runtime(s) && folderOf(s.file) !== 'control').map((s) => s.file)).toEqual([
      'src/cli/pinned-socket.ts',
      'src/client/socket.ts',
    ]);
    expect(sources.find((s) => s.file === 'src/client/socket.ts')?.text).not.toMatch(
      /^import (?!type )[^;]*'ws'/m,
    ); // never statically
  });
  it('has a client that a browser can load as it is: itself and one page of the contract, no package, nothing of Node', () => {
    const evaluated = ({ file, text }: Source) =>
      [...text.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'/gm)].map((m) =>
        relative(root, resolve(root, dirname(file), m[1] ?? '')),
      );
    const loaded = new Set(['src/client/client.ts']);
    for (const file of loaded)
      for (const name of evaluated(sources.find((s) => s.file === file)!)) loaded.add(name);
    expect(loaded.size).toBeGreaterThan(8);
    expect([...loaded].filter((file) => folderOf(file) !== 'client')).toEqual(['src/protocol/errors.ts']);
  });
  it('never imports tests or scripts', () => {
    expect(offenders([...machines, ...sources], (name) => /^(test|scripts)\//.test(name))).toEqual([]);
    expect(
      sources
        .flatMap((s) => s.imports)
        .filter((name) => isOurs(name))
        .every((name) => statSync(join(root, name)).isFile()),
    ).toBe(true);
  });
  it('never deletes a credential', () => {
    const deletes = sources
      .filter((s) => /\b(rmSync|unlinkSync|rm\(|rimraf)/.test(s.text))
      .map((s) => s.file);
    expect(deletes).toEqual([]);
  });
});
