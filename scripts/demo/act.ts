/** `npm run demo -- scan ORG`: uses a phone of the demo that runs in another terminal. */
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The name of a demo's directory begins with it. */
export const directoryPrefix = 'vigia-demo-';
export const socketName = 'phones.sock';
export const actions = {
  scan: 'Scans the QR of the pairing that runs for ORG. For a code, add the phone: scan ORG 34600111222.',
  cut: 'Cuts the connection of ORG. Vigía connects it again.',
  unlink: 'Removes the device of ORG on its phone. Vigía reports it as revoked.',
} as const;
export interface Deed {
  readonly ok: boolean;
  readonly message: string;
}

/** The sockets of demos, the newest first. A demo that was killed leaves one on which no program listens. */
const sockets = async (): Promise<string[]> => {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(directoryPrefix));
  const found = names.map(async (name) => {
    const path = join(tmpdir(), name, socketName);
    const since = await stat(path).then(
      ({ birthtimeMs }) => birthtimeMs,
      () => undefined, // another user's, or it has just ended
    );
    return since === undefined ? [] : [{ path, since }];
  });
  return (await Promise.all(found))
    .flat()
    .sort((a, b) => b.since - a.since)
    .map(({ path }) => path);
};
const ask = async (socketPath: string, path: string): Promise<Deed | undefined> => {
  const asked = request({ socketPath, path, method: 'POST' });
  try {
    const [response] = (await once(asked.end(), 'response')) as [IncomingMessage];
    return JSON.parse(await text(response)) as Deed;
  } catch {
    return undefined;
  }
};

/** Returns the exit code. */
export const act = async (action: string, org: string, phone: string | undefined): Promise<number> => {
  const query = phone === undefined ? '' : `?phone=${encodeURIComponent(phone)}`;
  for (const path of await sockets()) {
    const deed = await ask(path, `/${action}/${encodeURIComponent(org)}${query}`);
    if (deed === undefined) continue;
    process[deed.ok ? 'stdout' : 'stderr'].write(`${deed.message}\n`);
    return deed.ok ? 0 : 1;
  }
  process.stderr.write('No demo runs. Start it in another terminal: npm run demo\n');
  return 1;
};
