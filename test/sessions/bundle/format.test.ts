import { describe, expect, it } from 'vitest';
import {
  BundleDamaged,
  type Manifest,
  openBundle,
  sha256,
  writeBundle,
} from '../../../src/sessions/bundle/format.ts';
import { openHarness } from '../harness.ts';
import { bundleOf, inPieces, placeSession, sessionContents } from './harness.ts';

const harness = openHarness();
placeSession(harness, '2');
const { bytes, manifest } = await bundleOf(harness, '2');

const readAll = async (source: AsyncIterable<Uint8Array>): Promise<Record<string, string>> => {
  const bundle = await openBundle(source);
  const files: Record<string, string> = {};
  for await (const { name, content } of bundle.files()) files[name] = content.toString();
  return files;
};
/** A bundle with this manifest, whose own hash is right. */
const withManifest = (changed: object, contents = ''): Buffer => {
  const text = JSON.stringify({ ...manifest, ...changed });
  return Buffer.from(
    `vigia-bundle 1 ${Buffer.byteLength(text)} ${sha256(Buffer.from(text))}\n${text}\n${contents}`,
  );
};

describe('a bundle', () => {
  it.each([1, 7, 100, 1_000_000])('is read from pieces of %i bytes', async (size) => {
    expect(await readAll(inPieces(bytes, size)())).toEqual(sessionContents());
  });
  it('describes its content in its first lines, and ends with the credentials', () => {
    const [header = '', second = ''] = bytes.toString().split('\n');
    expect(header).toMatch(/^vigia-bundle 1 \d+ [0-9a-f]{64}$/);
    expect(JSON.parse(second)).toEqual(manifest);
    expect(manifest.files.at(-1)?.name).toBe('creds.json');
  });
  it('that is cut short anywhere is refused', async () => {
    for (let length = 0; length < bytes.length; length += 1) {
      await expect(readAll(inPieces(bytes.subarray(0, length), 64)()), `cut at ${length}`).rejects.toThrow(
        BundleDamaged,
      );
    }
  });
  it('with any byte changed is refused', async () => {
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x01;
      await expect(readAll(inPieces(damaged, 64)()), `changed at ${at}`).rejects.toThrow(BundleDamaged);
    }
  });
  it('with more bytes after its end is refused', async () => {
    await expect(readAll(inPieces(Buffer.concat([bytes, Buffer.from('x')]))())).rejects.toThrow(
      /more content than its manifest lists/,
    );
  });
  it('of another format is refused with the number', async () => {
    const newer = Buffer.from(
      bytes.toString('latin1').replace('vigia-bundle 1 ', 'vigia-bundle 2 '),
      'latin1',
    );
    await expect(readAll(inPieces(newer)())).rejects.toThrow(
      /has format 2, and this version of Vigía reads format 1/,
    );
  });
  it.each(['../creds.json', 'a/b', '.hidden', '..', '', 'a\0b', 'x'.repeat(256), 'a\\b'])(
    'that would write a file called %j is refused',
    async (name) => {
      const files = [{ name, size: 0, sha256: sha256(Buffer.alloc(0)) }, ...manifest.files];
      await expect(readAll(inPieces(withManifest({ files }))())).rejects.toThrow(
        /manifest of the bundle is not valid/,
      );
    },
  );
  it.each([
    ['names a file twice', [...manifest.files, ...manifest.files]],
    ['holds no credentials', manifest.files.filter(({ name }) => name !== 'creds.json')],
    ['claims a size that no file has', manifest.files.map((file) => ({ ...file, size: 1e12 }))],
    ['claims a size below nothing', manifest.files.map((file) => ({ ...file, size: -1 }))],
  ])('whose manifest %s is refused', async (_what, files) => {
    await expect(readAll(inPieces(withManifest({ files }))())).rejects.toThrow(
      /manifest of the bundle is not valid/,
    );
  });
  it('that claims a huge manifest is refused before it is read', async () => {
    const huge = Buffer.from(`vigia-bundle 1 999999999 ${'0'.repeat(64)}\n`);
    await expect(readAll(inPieces(huge)())).rejects.toThrow(/too large/);
  });
  it('is not written when a file has changed', async () => {
    const write = async (): Promise<void> => {
      for await (const _ of writeBundle(manifest as Manifest, async ({ name }) =>
        Buffer.from(sessionContents('5511:3', 4)[name] ?? ''),
      ));
    };
    await expect(write()).rejects.toThrow(/changed during the copy; nothing was written/);
  });
});
