import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflate, deflateSync } from 'node:zlib';
import { decodeBinaryNode, encodeBinaryNode } from '@whiskeysockets/baileys';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  boundInflation,
  inflationProblem,
  largestHistoryBytes,
  largestStanzaBytes,
} from '../../../src/whatsapp/patches/inflation.ts';

/** A compressed stanza has the second bit of its first byte set. */
const compressed = (content: Buffer): Buffer => Buffer.concat([Buffer.from([2]), deflateSync(content)]);

describe('What the library inflates', () => {
  beforeAll(() => boundInflation());

  it('ends with an error at the bound of a stanza', async () => {
    const bomb = compressed(Buffer.alloc(largestStanzaBytes + 1));
    expect(bomb.length).toBeLessThan(32 * 1024);
    await expect(decodeBinaryNode(bomb)).rejects.toThrow(`more than ${largestStanzaBytes} bytes`);
  });

  it('is read as before below the bound, and after an inflation that was ended', async () => {
    const node = { tag: 'message', attrs: { id: '1' }, content: Buffer.alloc(1_000_000, 7) };
    const plain = encodeBinaryNode(node).subarray(1);
    expect(await decodeBinaryNode(compressed(plain))).toEqual(node);
  });

  it('ends at the bound of a history, which is read as a stream', async () => {
    const part = Buffer.alloc(largestHistoryBytes / 4);
    const bomb = deflateSync(Buffer.concat([part, part, part, part, Buffer.alloc(1)]), { level: 1 });
    let received = 0;
    const inflate = createInflate().on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    await expect(pipeline(Readable.from([bomb]), inflate)).rejects.toThrow('bytes were inflated');
    expect(received).toBeLessThanOrEqual(largestHistoryBytes);
  });

  it('is bounded once, however often it is asked for', () => {
    const before = createInflate().push;
    boundInflation();
    expect(createInflate().push).toBe(before);
  });

  it('is reported when the stream of Node has another form', () => {
    expect(inflationProblem()).toBeUndefined();
    expect(inflationProblem({})).toContain('cannot be bounded');
    expect(inflationProblem(Object.freeze({ push: () => true }))).toContain('cannot be bounded');
  });
});
