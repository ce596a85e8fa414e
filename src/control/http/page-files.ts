/**
 * The page for people, as `npm run build` left it in `dist/page/`. It is public: it holds nothing of any
 * organization, and asks for a key itself. It talks to the server as any client does.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** From `src/control/http/` as it is, and from `dist/src/control/http/` when built. */
const folder = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../../dist/page' : '../../../page', import.meta.url),
);
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** Nothing inline, nothing from another origin, and in no frame of another site. */
const policyFor = (ancestors: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${ancestors.length === 0 ? "'none'" : ancestors.join(' ')}`,
  ].join('; ');
const pageHeaders = {
  'cache-control': 'no-cache',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
} as const;
/** A file under `assets/` is named by its content, so it never changes. */
const assetHeaders = { 'cache-control': 'public, max-age=31536000, immutable' } as const;

export interface PageFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly gzipped: Buffer;
}
/** The page that a customer opens by a pairing link: an operator's own site may show it in a frame. */
const customerPage = 'link.html';
const read = (path: string, linkFrameAncestors: readonly string[]): PageFile => {
  const body = readFileSync(join(folder, path));
  const extension = extname(path);
  const headers = {
    'content-type': types[extension] ?? 'application/octet-stream',
    'x-content-type-options': 'nosniff',
    vary: 'accept-encoding',
    ...(extension === '.html'
      ? {
          ...pageHeaders,
          'content-security-policy': policyFor(path === customerPage ? linkFrameAncestors : []),
        }
      : assetHeaders),
  };
  return { headers, body, gzipped: gzipSync(body, { level: 9 }) };
};
/** `index.html` is at `/`, another page at its name without the ending, and an asset at its path. */
const addressOf = (path: string) => `/${path.replace(/(^|\/)index\.html$/, '').replace(/\.html$/, '')}`;

/** By address. Empty when the page was not built. Some hundred kilobytes, held in memory. */
export const pageFiles = (linkFrameAncestors: readonly string[] = []): ReadonlyMap<string, PageFile> => {
  let paths: string[];
  try {
    paths = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  return new Map(paths.map((path) => [addressOf(path), read(path, linkFrameAncestors)]));
};

export const sendPageFile = (request: IncomingMessage, response: ServerResponse, file: PageFile): void => {
  const { headers, body, gzipped } = file;
  const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const sent = takesGzip ? gzipped : body;
  response.writeHead(200, {
    ...headers,
    ...(takesGzip && { 'content-encoding': 'gzip' }),
    'content-length': sent.length,
  });
  response.end(request.method === 'HEAD' ? undefined : sent);
};
