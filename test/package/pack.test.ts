/** What `npm pack` gives: it installs, runs, and has the page and the client inside. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiKey, Program } from '../support/program.ts';
import { npm } from './npm.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly private?: boolean;
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
};
let scratch: string;
let app: string;
let archive: string;
let installed = false;
beforeAll((): void => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), 'vigia-pack-')));
  app = join(scratch, 'app');
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true }');
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it('the package is made of a fresh build, and runs nothing when it is installed', () => {
  expect(manifest.private).toBeUndefined();
  expect(manifest.scripts['prepack']).toBe('node scripts/build.mjs');
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
    expect(manifest.scripts).not.toHaveProperty(name);
});
it('it has the program, the page, the client and its licence, and nothing of the workshop', () => {
  // the program was built before the tests
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', scratch];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' })) as {
    readonly filename: string;
    readonly files: readonly { readonly path: string }[];
  }[];
  archive = join(scratch, packed?.filename ?? '');
  const paths = packed?.files.map(({ path }) => path) ?? [];
  for (const path of [
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'dist/browser/client.js',
    'dist/page/index.html',
    'dist/page/link.html',
    'dist/src/cli/main.js',
    'dist/src/client/client.d.ts',
    'dist/src/main.js',
  ])
    expect(paths, path).toContain(path);
  expect(paths.filter((path) => /^(src|test|scripts|machines)\/|\.map$|auth_sessions/.test(path))).toEqual(
    [],
  );
});
it('it installs into another project, and npx runs it', async (context) => {
  await npm(context, app, ['install', archive]);
  expect((await npm(context, app, ['exec', '--offline', '--', 'vigia', '--version'])).trim()).toBe(
    manifest.version,
  );
  installed = true;
});
it('vigia serve of the package serves the page and its probes', async (context) => {
  if (!installed) return context.skip('it was not installed');
  const program = new Program(
    { AUTH_DIR: join(scratch, 'auth_sessions'), API_KEY: apiKey },
    [],
    [join(app, 'node_modules/.bin/vigia'), 'serve'],
  );
  try {
    const url = await program.url();
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<title>Vigía</title>');
    expect((await fetch(`${url}/link`)).status).toBe(200);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  } finally {
    expect(await program.stop()).toBe(0);
  }
});
it('its client is found by its name, for Node and for a bundler, with its types', (context) => {
  if (!installed) return context.skip('it was not installed');
  const program = [
    `const names = await Promise.all(['vigia/client', 'vigia/client/browser'].map(async (name) => {`,
    `  const client = await import(name);`,
    `  return Object.keys(client).sort().join();`,
    `}));`,
    `console.log(names.join('\\n'));`,
  ].join('\n');
  const options = { cwd: app, encoding: 'utf8' } as const;
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', program], options)).toBe(
    'VigiaError,connect\nVigiaError,connect\n',
  );
  writeFileSync(
    join(app, 'watch.mts'),
    [
      `import { connect, type Session } from 'vigia/client';`,
      `import { connect as inBrowser } from 'vigia/client/browser';`,
      `const vigia = [connect, inBrowser].map((one) => one({ url: 'http://[::1]', apiKey: 'key' }))[0]!;`,
      `const { session } = await vigia.call('session.get', { orgId: 'acme' });`,
      `export const state: Session['state'] = session.state;`,
      `// @ts-expect-error there is no such method`,
      `await vigia.call('session.dance');`,
    ].join('\n'),
  );
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--skipLibCheck'];
  execFileSync(process.execPath, [compiler, ...flags, '--types', '', 'watch.mts'], options);
  expect(existsSync(join(app, 'node_modules/vite'))).toBe(false);
});
