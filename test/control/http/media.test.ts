/** The door of media, over a real socket. */
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { Messages } from '../../../src/control/messages-port.ts';
import { adminKey, type Harness, limitedKeys, startHarness } from '../harness.ts';
import { messagesStub } from '../messages-stub.ts';

let harness: Harness;
afterEach(() => harness.stop());
type Stored = Parameters<Messages['upload']>[1] & { readonly org: string; readonly text: string };
const start = async (over: Partial<Messages> = {}) => {
  const stored: Stored[] = [];
  const upload: Messages['upload'] = async (org, file) => {
    let text = '';
    for await (const part of file.body) text += part;
    stored.push({ ...file, org, text });
    return { mediaId: 'med_7', bytes: file.bytes, sha256: 'hash', expiresAt: 3_600_000 };
  };
  harness = await startHarness({
    messages: messagesStub({ upload, ...over }),
    maxMediaBytes: 1_000,
    keys: limitedKeys({
      [adminKey]: { scopes: ['admin'], orgs: '*' },
      sender: { scopes: ['messages:send'], orgs: ['acme'] },
      reader: { scopes: ['messages:read'], orgs: ['beta'] },
    }),
  });
  return stored;
};
const send = async (
  path: string,
  {
    key = adminKey,
    ...init
  }: Omit<RequestInit, 'headers'> & { key?: string; headers?: Record<string, string> } = {},
) => {
  const answer = await fetch(`${harness.server.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}`, ...init.headers },
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
};
const put = (path: string, body: string, key?: string) =>
  send(path, { method: 'POST', body, headers: { 'content-type': 'image/png' }, ...(key && { key }) });
const codeOf = ({ text }: { readonly text: string }) => JSON.parse(text).error.code;

describe('POST /v1/media', () => {
  it('streams the file to the organization and answers its id', async () => {
    const stored = await start();
    const answer = await put('/v1/media?orgId=acme', 'a picture', 'sender');
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      201,
      { mediaId: 'med_7', bytes: 9, sha256: 'hash', expiresAt: '1970-01-01T01:00:00.000Z' },
    ]);
    expect(stored).toMatchObject([{ org: 'acme', mimeType: 'image/png', bytes: 9, text: 'a picture' }]);
  });
  it.each([
    ['no organization', '/v1/media', 'x', undefined, 400, 'invalid_params'],
    ['two organizations', '/v1/media?orgId=acme&orgId=beta', 'x', undefined, 400, 'invalid_params'],
    ['a path as organization', '/v1/media?orgId=..%2Fetc', 'x', undefined, 400, 'invalid_params'],
    ['an organization that is not there', '/v1/media?orgId=gone', 'x', undefined, 404, 'not_found'],
    ['an organization of another key', '/v1/media?orgId=beta', 'x', 'sender', 404, 'not_found'],
    ['a key without the scope', '/v1/media?orgId=beta', 'x', 'reader', 403, 'forbidden'],
    ['a key that is wrong', '/v1/media?orgId=acme', 'x', 'wrong', 401, 'unauthenticated'],
    ['an empty file', '/v1/media?orgId=acme', '', undefined, 400, 'empty'],
    ['a file that is too large', '/v1/media?orgId=acme', 'x'.repeat(1_001), undefined, 413, 'too_large'],
  ])('refuses %s, and stores nothing', async (_, path, body, key, status, code) => {
    const stored = await start();
    const answer = await put(path, body, key);
    expect([answer.status, codeOf(answer), stored]).toEqual([status, code, []]);
  });
  it('refuses a file of unknown length', async () => {
    await start();
    const status = await new Promise((resolve, reject) => {
      const one = httpRequest(`${harness.server.url}/v1/media?orgId=acme`, {
        method: 'POST',
        headers: { authorization: `Bearer ${adminKey}`, 'transfer-encoding': 'chunked' },
      });
      one.on('response', (answer) => resolve(answer.resume().statusCode)).on('error', reject);
      one.end('bytes');
    });
    expect(status).toBe(411);
  });
  it('passes on that too many files are taken at a time', async () => {
    await start({
      upload: async () => ({ refused: 'queue_full', message: 'Too many at a time.', retryAfterMs: 1_000 }),
    });
    const answer = await put('/v1/media?orgId=acme', 'c');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
  });
  it('answers a refusal of the media with its reason', async () => {
    await start({ upload: async () => ({ refused: 'media_refused', message: 'It is no picture.' }) });
    const answer = await put('/v1/media?orgId=acme', 'x');
    expect([answer.status, codeOf(answer)]).toEqual([400, 'media_refused']);
  });
});

describe('GET /v1/media/{mediaId}', () => {
  it('streams the file as a download that no browser runs', async () => {
    await start();
    const { status, headers, text } = await send('/v1/media/med_1');
    expect([status, text]).toEqual([200, 'bytes']);
    expect(headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''a%20%22b%22.jpg");
    expect(headers.get('content-security-policy')).toContain('sandbox');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
  it('answers HEAD with the size alone', async () => {
    await start();
    const { status, headers, text } = await send('/v1/media/med_1', { method: 'HEAD' });
    expect([status, headers.get('content-length'), text]).toEqual([200, '5', '']);
  });
  it('is not found with a key of another organization, as an unknown id', async () => {
    await start();
    const answers = [await send('/v1/media/med_1', { key: 'reader' }), await send('/v1/media/med_2')];
    expect(answers.map((answer) => [answer.status, codeOf(answer)])).toEqual([
      [404, 'not_found'],
      [404, 'not_found'],
    ]);
    expect((await send('/v1/media/med_1', { key: 'sender' })).status).toBe(403);
  });
  it.each([
    ['fails', () => Readable.from(failing())],
    ['is shorter than announced', () => Readable.from([Buffer.from('byte')])],
    ['is longer than announced', () => Readable.from([Buffer.from('bytes!')])],
  ])('cuts the connection when the file %s', async (_, body) => {
    await start({ download: async () => ({ mimeType: null, bytes: 5, filename: null, body: body() }) });
    await expect(send('/v1/media/med_1')).rejects.toThrow(/terminated|fetch failed/);
  });
  it('gives a type that no header can carry as bytes', async () => {
    const body = () => Readable.from([Buffer.from('x')]);
    await start({
      download: async () => ({ mimeType: 'text/html\r\nx: y', bytes: 1, filename: null, body: body() }),
    });
    expect((await send('/v1/media/med_1')).headers.get('content-type')).toBe('application/octet-stream');
  });
});

async function* failing() {
  yield Buffer.from('byt');
  throw new Error('the hash is another one');
}
