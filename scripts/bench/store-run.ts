/**
 * One contender in a process of its own: carries the load and prints one line of JSON. Arguments: its name, a
 * directory, the delay, the load.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fictionalPhone, seedCredentials } from '../../test/support/whatsapp/credentials.ts';
import { contenders } from './store-contenders.ts';
import { carry } from './store-load.ts';

const [name = '', root = '', syncMs, organizations, inFlight, ms] = process.argv.slice(2);
const contender = contenders[name];
if (!contender) throw new Error(`there is no contender "${name}"`);
const directories = Array.from({ length: Number(organizations) }, (_, index) => join(root, `${index + 1}`));
for (const [index, directory] of directories.entries()) {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  await seedCredentials(directory, { phone: fictionalPhone(index + 1) });
}
const keeping = await contender({ root, directories, syncMs: Number(syncMs) });
const carried = await carry(keeping, {
  organizations: directories.length,
  inFlight: Number(inFlight),
  ms: Number(ms),
});
process.stdout.write(`${JSON.stringify(carried)}\n`);
process.exit(0);
