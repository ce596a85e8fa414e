/**
 * Bundles on the disk in memory: one that is made of organization 2 of a vault, and another vault that takes
 * it.
 */
import type { Org } from '../../../machines/domain/ports.ts';
import { exportSession } from '../../../src/sessions/bundle/export.ts';
import type { Manifest } from '../../../src/sessions/bundle/format.ts';
import { checkBundle, importSession } from '../../../src/sessions/bundle/import.ts';
import { layout, type openHarness, restorable, textOf } from '../harness.ts';

export type SessionsHarness = ReturnType<typeof openHarness>;
export const device = '5511:3';
export const other = '5511:9';
export const keyNames = [
  'pre-key-1.json',
  'pre-key-2.json',
  'session-5512.0.json',
  'sender-key-memory-x@g.us.json',
];

/** A directory as a session leaves it; `revision` is its `nextPreKeyId`, and what its keys say. */
export const placeSession = (harness: SessionsHarness, org: Org, of = device, revision = 3): void => {
  for (const name of keyNames) harness.disk.place(`/vault/${org}/${name}`, textOf({ of, name, revision }));
  harness.disk.place(`/vault/${org}/creds.json.bak`, restorable(of, revision));
  harness.disk.place(`/vault/${org}/creds.json`, restorable(of, revision));
};
/** What lies in a directory, by name. */
export const contentsOf = (harness: SessionsHarness, directory: string): Record<string, string> =>
  Object.fromEntries(
    harness.disk.paths().flatMap((path) => {
      const name = path.slice(directory.length + 1);
      const content =
        path.startsWith(`${directory}/`) && !name.includes('/') ? harness.disk.peek(path) : undefined;
      return content ? [[name, content.toString()]] : [];
    }),
  );
/** What `placeSession` puts there. */
export const sessionContents = (of = device, revision = 3): Record<string, string> => ({
  ...Object.fromEntries(keyNames.map((name) => [name, textOf({ of, name, revision })])),
  'creds.json.bak': restorable(of, revision),
  'creds.json': restorable(of, revision),
});

export interface Bundle {
  readonly manifest: Manifest;
  readonly bytes: Buffer;
}
export const exporting = (harness: SessionsHarness, org: Org, supervised = false) =>
  exportSession({ ...harness, layout, build: '1.2.3', mask: () => '551*', supervised }, org);
export const bundleOf = async (harness: SessionsHarness, org: Org): Promise<Bundle> => {
  const exported = await exporting(harness, org);
  if (!exported.ok) throw new Error(exported.message);
  const chunks: Buffer[] = [];
  for await (const chunk of exported.content()) chunks.push(chunk);
  return { manifest: exported.manifest, bytes: Buffer.concat(chunks) };
};

/** In pieces of any size, as a file or a pipe gives them. */
export const inPieces = (bytes: Buffer, size = 100) =>
  async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };

export interface Importing {
  readonly as?: Org;
  readonly supervised?: boolean;
  readonly force?: boolean;
  readonly id?: string;
  readonly source?: () => AsyncIterable<Uint8Array>;
}
export const importing = async (
  harness: SessionsHarness,
  bytes: Buffer,
  { as, supervised = false, force = false, id = 'i1', source = inPieces(bytes) }: Importing = {},
) => {
  const checked = await checkBundle(source());
  const input = { ...harness, layout, wait: async () => undefined, supervised, force, id };
  return checked.ok ? importSession(input, checked.manifest, source, as) : checked;
};
/** The directories of the archive, with their contents. */
export const archived = (harness: SessionsHarness): Record<string, string>[] => {
  const directories = new Set(
    harness.disk.paths().flatMap((path) => {
      const parts = path.slice(layout.archive.length + 1).split('/');
      return path.startsWith(`${layout.archive}/`) && parts.length === 2
        ? [`${layout.archive}/${parts[0]}`]
        : [];
    }),
  );
  return [...directories].map((directory) => contentsOf(harness, directory));
};
