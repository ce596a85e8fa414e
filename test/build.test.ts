/** `scripts/build.mjs`, on a small project of its own: when it compiles, and when it does not. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiling = 'Compiling Vigía';

describe('scripts/build.mjs', () => {
  let project: string;
  const inProject = (path: string) => join(project, path);
  const write = (path: string, text: string) => writeFileSync(inProject(path), text);
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/build.mjs', ...args], {
      cwd: project,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  const start = () => {
    expect(run('--if-changed').status).toBe(0);
    return spawnSync(process.execPath, ['dist/src/cli/main.js'], { cwd: project, encoding: 'utf8' }).stdout;
  };
  const builtAt = () => statSync(inProject('dist/build.sha256'), { bigint: true }).mtimeNs;

  beforeEach(() => {
    project = realpathSync(mkdtempSync(join(tmpdir(), 'vigia-build-')));
    for (const folder of ['machines', 'scripts', 'src/cli', 'src/client', 'src/page'])
      mkdirSync(inProject(folder), { recursive: true });
    for (const file of [
      'scripts/build.mjs',
      'scripts/build-page.mjs',
      'scripts/build-client.mjs',
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'tsconfig.build.json',
    ])
      cpSync(join(root, file), inProject(file));
    symlinkSync(realpathSync(join(root, 'node_modules')), inProject('node_modules'));
    write(
      'src/page/index.html',
      `<!doctype html><title>Page</title><script type=module src=./main.ts></script>`,
    );
    write('src/page/main.ts', `document.title = 'first title';\n`);
    write('src/client/client.ts', `export const connect = 'a client';\n`);
    write('machines/word.ts', `export const word: string = 'first';\n`);
    write('src/cli/main.ts', `import { word } from '../../machines/word.ts';\nprocess.stdout.write(word);\n`);
  });
  afterEach(() => rmSync(project, { recursive: true, force: true }));

  it('compiles before the first start, and says so', () => {
    expect(run('--if-changed')).toMatchObject({
      status: 0,
      stdout: '',
      stderr: expect.stringContaining(compiling),
    });
    expect(statSync(inProject('dist/src/cli/main.js')).mode & 0o111).toBe(0o111);
  });
  it('does not compile again when nothing changed', () => {
    run();
    const before = builtAt();
    expect(run('--if-changed')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(builtAt()).toBe(before);
  });
  it('compiles a changed source', () => {
    expect(start()).toBe('first');
    write('machines/word.ts', `export const word: string = 'second';\n`);
    expect(start()).toBe('second');
  });
  it('bundles a changed page', () => {
    const bundled = () =>
      readdirSync(inProject('dist/page/assets')).map((name) =>
        readFileSync(inProject(`dist/page/assets/${name}`), 'utf8'),
      );
    run();
    expect(bundled().join()).toContain('first title');
    write('src/page/main.ts', `document.title = 'second title';\n`);
    expect(run('--if-changed').stderr).toContain(compiling);
    expect(bundled()).toEqual([expect.stringContaining('second title')]);
  });
  it.each(['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'])(
    'compiles again after a change of %s',
    (file) => {
      run();
      write(file, `${readFileSync(join(root, file), 'utf8')}\n`);
      expect(run('--if-changed').stderr).toContain(compiling);
    },
  );
  it('compiles again when a file of the build was changed or removed', () => {
    start();
    write('dist/machines/word.js', `export const word = 'stale';\n`);
    expect(start()).toBe('first');
    rmSync(inProject('dist/machines/word.js'));
    expect(start()).toBe('first');
  });
  it('compiles again after a build that was killed before its end', () => {
    run();
    rmSync(inProject('dist/build.sha256')); // the first thing that a build does
    expect(run('--if-changed').stderr).toContain(compiling);
  });
  it('fails while a source has an error, and never counts that build as current', () => {
    run();
    write('machines/word.ts', `export const word: string = 1;\n`);
    for (const _ of ['the first time', 'and again']) {
      const { status, stderr } = run('--if-changed');
      expect(status).not.toBe(0);
      expect(stderr).toContain('TS2322');
    }
  });
  it('always compiles without --if-changed', () => {
    run();
    const before = builtAt();
    expect(run()).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(builtAt()).not.toBe(before);
  });
});

it('npm start runs the present build without compiling it again', () => {
  const stamp = join(root, 'dist/build.sha256'); // written before the tests, by test/support/build.ts
  const before = statSync(stamp, { bigint: true }).mtimeNs;
  // A wrong configuration ends the program at once.
  const { status, stderr } = spawnSync('npm', ['start'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PORT: '99999' },
  });
  expect(stderr).toMatch(/^Vigía cannot start/);
  expect(status).toBe(2);
  expect(statSync(stamp, { bigint: true }).mtimeNs).toBe(before);
});
