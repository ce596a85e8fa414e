/**
 * Compiles the program into `dist/`, its page into `dist/page/`, and the client for browsers into `dist/browser/`.
 * `npm run build` always compiles. `npm start`, `npm run vigia` and the tests pass `--if-changed`, so that an unchanged program starts at once.
 *
 * A build is current when its stamp equals the digest of everything that the build reads and of every file
 * that it wrote. Contents are compared and not times: a checkout and a copy change times without changing
 * anything else. The stamp is removed first and written last. A build that failed or was killed is therefore
 * never current.
 *
 * Plain JavaScript, because it runs before anything is compiled.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist/build.sha256');
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const folders = ['machines', 'src'];
const files = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/build.mjs',
  'scripts/build-page.mjs',
  'scripts/build-client.mjs',
];
const outputs = ['machines', 'src', 'page', 'browser'];

/** Every file of a folder, as paths from the root of the project. Throws when the folder does not exist. */
const filesIn = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();

const digestOf = (paths) => {
  const digest = createHash('sha256');
  for (const path of paths) {
    const content = readFileSync(join(root, path));
    digest.update(`${path}\0${content.length}\0`).update(content);
  }
  return digest.digest('hex');
};
const digestOfInputs = () => digestOf([...files, ...folders.flatMap(filesIn)]);
const digestOfOutputs = () => digestOf(outputs.flatMap((folder) => filesIn(`dist/${folder}`)));

const isCurrent = () => {
  try {
    return readFileSync(stamp, 'utf8') === `${digestOfInputs()} ${digestOfOutputs()}\n`;
  } catch (error) {
    if (error.code === 'ENOENT') return false; // never built, or a part of it was removed
    throw error;
  }
};

/**
 * Returns the exit code of the compiler, or of the bundler. The inputs are digested first, so that a source that changes
 * meanwhile counts as changed.
 */
const build = () => {
  rmSync(stamp, { force: true });
  const inputs = digestOfInputs();
  // Their messages go to stderr: the stdout of `npm run vigia` belongs to the command.
  const bundlers = ['scripts/build-page.mjs', 'scripts/build-client.mjs'];
  for (const args of [[compiler, '-p', 'tsconfig.build.json'], ...bundlers.map((script) => [script])]) {
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
    if (status !== 0) return status ?? 1;
  }
  chmodSync(join(root, 'dist/src/cli/main.js'), 0o755); // npx runs the file itself
  writeFileSync(stamp, `${inputs} ${digestOfOutputs()}\n`);
  return 0;
};

if (!process.argv.includes('--if-changed')) {
  process.exitCode = build();
} else if (!isCurrent()) {
  process.stderr.write('Compiling Vigía, because it has changed since the last build.\n');
  process.exitCode = build();
}
