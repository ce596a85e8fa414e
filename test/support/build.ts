/** Before any test: the program is built once, so that what is tested is what `npm start` runs. */
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export default function setup(): void {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  chmodSync(join(root, 'dist/src/cli/main.js'), 0o755); // as `npm run build` does: npx runs the file itself
}
