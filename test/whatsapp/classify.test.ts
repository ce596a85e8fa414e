/** What the library reports at the end of a connection, and the reason that it becomes. */
import { describe, expect, it } from 'vitest';
import { DiskFault } from '../../src/disk/disk.ts';
import { classify } from '../../src/whatsapp/classify.ts';
import { StoreFault } from '../../src/whatsapp/store/types.ts';

const reasonOf = (error: unknown, httpStatus?: number) => classify(error, 0, httpStatus).reason;
const boom = (message: string, statusCode: number) =>
  Object.assign(new Error(message), { output: { statusCode } });

describe('the end of a connection', () => {
  it.each([
    ['an end without an error', undefined],
    ['an error of the system', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
    [
      'an error of the WebSocket, even one that names a type',
      boom('WebSocket Error (TypeError: Invalid URL)', 500),
    ],
    ['bytes that cannot be decrypted', new Error('Unsupported state or unable to authenticate data')],
    ['bytes that cannot be decoded', new RangeError('index out of range: 5 + 10 > 8')],
  ])('is a matter of the network for %s', (_what, error) => {
    expect(reasonOf(error)).toBe('network');
  });
  it.each([
    ['a programming error', new TypeError('Cannot set property x of #<Object> which has only a getter')],
    ['a name that does not exist', new ReferenceError('x is not defined')],
  ])('is a fault of ours for %s', (_what, error) => {
    expect(reasonOf(error)).toBe('internal');
  });
  it.each([
    ['the store', new StoreFault('damaged', 'a key is damaged')],
    ['the disk', new DiskFault('read', '/x', 'EIO')],
  ])('is a matter of the storage for a fault of %s', (_what, error) => {
    expect(reasonOf(error)).toBe('storage');
  });
  it("is never ours when a proxy or WhatsApp's edge refused the upgrade", () => {
    expect(classify(new TypeError('x'), 0, 503)).toEqual({ reason: 'network', statusCode: 503 });
  });
  it("is WhatsApp's word when it gave a number", () => {
    expect(reasonOf(boom('Stream Errored (conflict)', 440))).toBe('conflict');
    expect(reasonOf(boom('Stream Errored', 499))).toBe('unknown');
  });
});
