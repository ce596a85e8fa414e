import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSigned } from '../../certificate.ts';

/** What goes wrong with a download, or with an upload. */
export type MediaFault =
  /** 404, 410, or any other status instead of the file. */
  | { readonly kind: 'status'; readonly status: number }
  /** The file with one changed byte. */
  | { readonly kind: 'wrong-bytes' }
  /** The file without its end, although the length promises it. */
  | { readonly kind: 'short' }
  /** Headers, and then nothing. */
  | { readonly kind: 'hang' }
  /** Bytes without an end. */
  | { readonly kind: 'endless' }
  /** A redirect to this address. */
  | { readonly kind: 'redirect'; readonly to: string };

const chunkBytes = 64 * 1024;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

/**
 * A media host of WhatsApp on loopback: HTTPS, as Baileys uploads to nothing else. A client trusts it by
 * `cert`: a program through a file in NODE_EXTRA_CA_CERTS, Baileys in the test's own process through
 * `fetchAgent`.
 */
export class MediaHost {
  /** PEM. */
  readonly cert: string;
  /** Every request, as `<method> <path without query>`. */
  readonly requests: string[] = [];
  readonly #files = new Map<string, Buffer>();
  readonly #server;
  #download: MediaFault | undefined;
  #upload: MediaFault | undefined;

  constructor() {
    const { cert, key } = selfSigned();
    this.cert = cert;
    this.#server = createServer({ cert, key }, (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  /** Listens on 127.0.0.1 and returns the name for `media_conn`. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this.hostname;
  }

  get hostname(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Puts a fault in force for all coming requests; none lifts it. */
  fail(direction: 'download' | 'upload', fault?: MediaFault): void {
    if (direction === 'download') this.#download = fault;
    else this.#upload = fault;
  }

  /** Keeps an encrypted file and returns its direct path. */
  put(file: Buffer): string {
    const path = `/v/t62.7118-24/${randomBytes(12).toString('hex')}.enc`;
    this.#files.set(path, file);
    return path;
  }

  file(directPath: string): Buffer | undefined {
    return this.#files.get(directPath.split('?')[0] ?? '');
  }

  /** The file has expired: 404 from now on. Returns what it was, for an upload by the phone. */
  expire(directPath: string): Buffer | undefined {
    const file = this.file(directPath);
    this.#files.delete(directPath.split('?')[0] ?? '');
    return file;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    this.requests.push(`${request.method} ${path}`);
    const isUpload = request.method === 'POST';
    const fault = isUpload ? this.#upload : this.#download;
    if (isUpload) {
      const file = await bodyOf(request);
      if (fault) return this.#fault(fault, file, response);
      const directPath = this.put(file);
      response.end(JSON.stringify({ url: `https://mmg.whatsapp.net${directPath}`, direct_path: directPath }));
      return;
    }
    const file = this.#files.get(path);
    if (fault) this.#fault(fault, file ?? Buffer.alloc(0), response);
    else if (file) this.#give(file, request.headers.range, response);
    else response.writeHead(404).end();
  }

  #give(file: Buffer, range: string | undefined, response: ServerResponse): void {
    const asked = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
    if (!asked) {
      response.writeHead(200, { 'content-length': file.length }).end(file);
      return;
    }
    const from = Number(asked[1]);
    const to = asked[2] ? Math.min(Number(asked[2]), file.length - 1) : file.length - 1;
    const headers = {
      'content-range': `bytes ${from}-${to}/${file.length}`,
      'content-length': to - from + 1,
    };
    if (from > to) response.writeHead(416).end();
    else response.writeHead(206, headers).end(file.subarray(from, to + 1));
  }

  #fault(fault: MediaFault, file: Buffer, response: ServerResponse): void {
    switch (fault.kind) {
      case 'status':
        response.writeHead(fault.status).end();
        break;
      case 'wrong-bytes': {
        const wrong = Buffer.from(file);
        if (wrong.length > 0) wrong[0]! ^= 1;
        response.writeHead(200, { 'content-length': wrong.length }).end(wrong);
        break;
      }
      case 'short':
        response.writeHead(200, { 'content-length': file.length });
        response.write(file.subarray(0, file.length >> 1), () => response.destroy());
        break;
      case 'hang':
        response.writeHead(200, { 'content-length': file.length }).flushHeaders();
        break;
      case 'endless': {
        const more = (): boolean =>
          !response.destroyed && response.write(Buffer.alloc(chunkBytes), () => setImmediate(more));
        response.writeHead(200);
        more();
        break;
      }
      case 'redirect':
        response.writeHead(302, { location: fault.to }).end();
        break;
    }
  }
}
