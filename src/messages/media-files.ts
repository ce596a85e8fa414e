/**
 * Files that clients send, in `.vigia/media/`: uploads, and what is fetched from addresses. Everything is
 * streamed, with a bound on bytes, on silence and on the number of transfers. A start removes what no waiting
 * message needs.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Org } from '../../machines/domain/ports.ts';
import type { Disk } from '../disk/disk.ts';
import type { MessagesPolicy } from './policy.ts';
import type { StoredFile } from './rows.ts';

/** The client's file or address is the cause. The message is a sentence for the client. */
export class MediaRefused extends Error {
  override readonly name = 'MediaRefused';
}
export class TooManyTransfers extends Error {
  override readonly name = 'TooManyTransfers';
}
/**
 * Opens the address of a client and never an inner one. Rejects with an error whose `code` may be shown, and
 * never follows a redirect.
 */
export type FetchMedia = (
  url: string,
  signal: AbortSignal,
) => Promise<{
  readonly status: number;
  readonly mimeType: string | null;
  readonly bytes: number | null;
  readonly body: Readable;
}>;
export interface MediaFilesDeps {
  readonly disk: Disk;
  /** `.vigia/media`, whose parent exists. */
  readonly directory: string;
  readonly policy: MessagesPolicy['media'];
  readonly fetch: FetchMedia;
  /** Milliseconds on a clock that nothing sets. */
  readonly elapsed: () => number;
}
interface Upload extends StoredFile {
  readonly org: Org;
  readonly sha256: string;
  readonly expiresAt: number;
}

export class MediaFiles {
  readonly #d: MediaFilesDeps;
  readonly #uploads = new Map<string, Upload>();
  /** Messages that wait with a file. */
  readonly #holds = new Map<string, number>();
  readonly #transfers = new Map<Org, number>();
  #running = 0;

  constructor(deps: MediaFilesDeps) {
    this.#d = deps;
  }
  /** Call it once, before anything else. `held`: files of messages that wait since before this start. */
  async open(held: readonly string[]): Promise<void> {
    const { disk, directory } = this.#d;
    await disk.makeDirectory(directory, 0o700);
    for (const file of held) this.hold(file);
    for (const name of (await disk.list(directory)) ?? [])
      if (!this.#holds.has(join(directory, name))) await disk.remove(join(directory, name));
  }
  /** Rejects with `MediaRefused`, `TooManyTransfers`, or the error of the disk. */
  async upload(org: Org, mimeType: string, bytes: number, body: Readable) {
    const { policy, elapsed } = this.#d;
    await this.expire();
    this.#mustHaveRoom(org, bytes);
    const stored = await this.#transfer(org, async () => this.#store(body, bytes, new AbortController()));
    const mediaId = `med_${randomBytes(18).toString('base64url')}`;
    const upload = { org, mimeType, ...stored, expiresAt: elapsed() + policy.keepMs };
    this.#uploads.set(mediaId, upload);
    return { mediaId, bytes: stored.bytes, sha256: stored.sha256 };
  }
  /** An upload of this organization that can still be used. */
  find(org: Org, mediaId: string): StoredFile | undefined {
    const upload = this.#uploads.get(mediaId);
    if (upload?.org !== org || upload.expiresAt <= this.#d.elapsed()) return undefined;
    const { file, mimeType, bytes } = upload;
    return { file, mimeType, bytes };
  }
  /** The caller removes the file. Rejects as `upload`. */
  async fetch(org: Org, url: string, mimeType: string | undefined): Promise<StoredFile> {
    return this.#transfer(org, async () => {
      const abort = new AbortController();
      const slow = setTimeout(() => abort.abort(new MediaRefused(silent)), this.#d.policy.silenceMs);
      try {
        const answer = await this.#d.fetch(url, abort.signal);
        if (answer.status !== 200) {
          answer.body.destroy();
          throw new MediaRefused(`The address of the media answered with status ${answer.status}.`);
        }
        const { file, bytes } = await this.#store(answer.body, answer.bytes, abort);
        return { file, bytes, mimeType: mimeType ?? answer.mimeType ?? 'application/octet-stream' };
      } catch (error) {
        throw abort.signal.aborted ? (abort.signal.reason as Error) : asRefusal(error);
      } finally {
        clearTimeout(slow);
      }
    });
  }
  hold(file: string): void {
    this.#holds.set(file, (this.#holds.get(file) ?? 0) + 1);
  }
  /** The file is removed once no message holds it and it cannot be used any more. */
  async release(file: string): Promise<void> {
    const left = (this.#holds.get(file) ?? 1) - 1;
    if (left > 0) return void this.#holds.set(file, left);
    this.#holds.delete(file);
    if (![...this.#uploads.values()].some((upload) => upload.file === file)) await this.remove(file);
  }
  async remove(file: string): Promise<void> {
    await this.#d.disk.remove(file);
  }
  async expire(): Promise<void> {
    for (const [mediaId, { file, expiresAt }] of this.#uploads) {
      if (expiresAt > this.#d.elapsed()) continue;
      this.#uploads.delete(mediaId);
      if (!this.#holds.has(file)) await this.remove(file);
    }
  }

  #mustHaveRoom(org: Org, bytes: number): void {
    const { policy } = this.#d;
    if (bytes > policy.bytes) throw new MediaRefused(`A file has at most ${policy.bytes} bytes.`);
    const sum = (uploads: readonly Upload[]) => uploads.reduce((total, one) => total + one.bytes, bytes);
    const all = [...this.#uploads.values()];
    if (sum(all) > policy.storedBytesOfAll || sum(all.filter((one) => one.org === org)) > policy.storedBytes)
      throw new TooManyTransfers('Too many uploads wait to be used: send them, or wait until they expire.');
  }
  async #transfer<T>(org: Org, work: () => Promise<T>): Promise<T> {
    const { transfers, transfersOfAll } = this.#d.policy;
    const mine = this.#transfers.get(org) ?? 0;
    if (mine >= transfers || this.#running >= transfersOfAll)
      throw new TooManyTransfers(`At most ${transfers} files of an organization are transferred at a time.`);
    this.#transfers.set(org, mine + 1);
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      const left = (this.#transfers.get(org) ?? 1) - 1;
      if (left > 0) this.#transfers.set(org, left);
      else this.#transfers.delete(org);
    }
  }
  async #store(body: Readable, announced: number | null, abort: AbortController) {
    const { directory, policy } = this.#d;
    const file = join(directory, randomBytes(18).toString('hex'));
    const most = Math.min(announced ?? policy.bytes, policy.bytes);
    const hash = createHash('sha256');
    const cut = () => abort.abort(new MediaRefused(silent));
    let bytes = 0;
    let timer = setTimeout(cut, policy.silenceMs);
    const counter = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        clearTimeout(timer);
        timer = setTimeout(cut, policy.silenceMs);
        bytes += chunk.length;
        hash.update(chunk);
        if (bytes > most) done(new MediaRefused(`The file has more than ${most} bytes.`));
        else done(null, chunk);
      },
    });
    try {
      const target = createWriteStream(file, { flags: 'wx', mode: 0o600 });
      await pipeline(body, counter, target, { signal: abort.signal });
      if (announced !== null && bytes !== announced)
        throw new MediaRefused(`The file has ${bytes} bytes, and ${announced} were announced.`);
      return { file, bytes, sha256: hash.digest('base64') };
    } catch (error) {
      await this.remove(file).catch(() => undefined); // the next start removes it
      throw abort.signal.aborted ? (abort.signal.reason as Error) : error;
    } finally {
      clearTimeout(timer);
    }
  }
}
const silent = 'The media did not arrive: it was silent for too long.';
/** An error of the disk stays what it is; any other is about the address. */
const asRefusal = (error: unknown): unknown => {
  if (error instanceof MediaRefused) return error;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === 'open' || syscall === 'write') return error;
  return new MediaRefused(
    `The media could not be fetched: ${typeof code === 'string' ? code : 'no answer'}.`,
  );
};
