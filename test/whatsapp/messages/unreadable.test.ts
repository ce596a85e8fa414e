/** A message that stays unreadable is reported once, and one that is read after all is not. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MessageDoor } from '../../../src/whatsapp/messages/port.ts';
import { repeatMs, trackUnreadable } from '../../../src/whatsapp/messages/unreadable.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ref = (id: string) => ({ id, from: '5255@s.whatsapp.net', enc: 0, digest: id });
const stanza = (id: string, type?: string, over: Readonly<Record<string, string>> = {}) => ({
  tag: 'message',
  attrs: { id, from: '5255@s.whatsapp.net', ...over },
  content: type === undefined ? [] : [{ tag: 'unavailable', attrs: { type } }],
});
const failure = new Error('Bad MAC');
const used = new Error('Key used already or never filled');

const track = (isWanted = true) => {
  const reported: string[] = [];
  const door = {
    isWanted: () => isWanted,
    unreadable: (org, { id, from }, why) => void reported.push(`${org} ${id} ${from} ${why}`),
  } as Pick<MessageDoor, 'isWanted' | 'unreadable'> as MessageDoor;
  return { reported, ...trackUnreadable(door) };
};

describe('decryption that failed', () => {
  test('is reported after a minute, once, with its chat and a reason for clients', () => {
    const { reported, failed } = track();
    failed('acme', ref('M1'), failure);
    vi.advanceTimersByTime(repeatMs - 1);
    failed('acme', ref('M1'), failure);
    expect(reported).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(reported).toEqual([
      'acme M1 5255@s.whatsapp.net It could not be decrypted, and the sender did not send it again in time.',
    ]);
    vi.advanceTimersByTime(10 * repeatMs);
    expect(reported).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is not reported when the sender sent it again in time', () => {
    const { reported, failed, read } = track();
    failed('acme', ref('M1'), failure);
    read('acme', { ...ref('M1'), digest: 'another ciphertext' });
    vi.advanceTimersByTime(2 * repeatMs);
    expect(reported).toEqual([]);
  });

  test('is reported at once when the library gave up: no keys, or five repetitions', () => {
    const { reported, failed, counts } = track();
    failed('acme', ref('M1'), used);
    expect(reported).toHaveLength(1);
    for (let n = 0; n < 6; n += 1) failed('acme', ref('M2'), failure);
    expect(reported).toHaveLength(2);
    expect(counts()).toEqual({ gaveUp: 1, askedAgain: 6 });
  });

  test('is reported at a stop, and per organization', () => {
    const { reported, failed, close, read } = track();
    failed('acme', ref('M1'), failure);
    failed('other', ref('M1'), failure);
    read('other', ref('M1'));
    close();
    expect(reported).toHaveLength(1);
    expect(reported[0]).toMatch(/^acme M1/u);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('of thousands of messages keeps a thousand: the oldest is reported before its time', () => {
    const { reported, failed } = track();
    for (let n = 0; n < 1_200; n += 1) failed('acme', ref(`M${n}`), failure);
    expect(reported).toHaveLength(200);
    expect(reported[0]).toMatch(/^acme M0 /u);
    vi.advanceTimersByTime(repeatMs);
    expect(reported).toHaveLength(1_200);
  });

  test('is not reported where no client wants messages, and is counted', () => {
    const { reported, failed, counts } = track(false);
    failed('acme', ref('M1'), used);
    expect(reported).toEqual([]);
    expect(counts().gaveUp).toBe(1);
  });

  test('of a status is nothing: no client receives those', () => {
    const { reported, failed } = track();
    failed('acme', { ...ref('M1'), from: 'status@broadcast' }, used);
    expect(reported).toEqual([]);
  });
});

describe('a message without content', () => {
  test('is reported at once when only the phone shows it', () => {
    const { reported, arrived } = track();
    for (const type of ['view_once_unavailable_fanout', 'view_once', 'bot_unavailable_fanout'])
      arrived('acme', stanza(type, type));
    expect(reported).toHaveLength(3);
    expect(reported[0]).toContain('on the phone only');
  });

  test('is reported after a minute, unless the phone repeats it', () => {
    const { reported, arrived, repeated } = track();
    arrived('acme', stanza('M1'));
    arrived('acme', stanza('M2', 'some_fanout'));
    repeated('acme', 'M2');
    vi.advanceTimersByTime(repeatMs);
    expect(reported).toHaveLength(1);
    expect(reported[0]).toMatch(/^acme M1 .* without content/u);
  });

  test('is nothing when it has content, or is a post', () => {
    const { reported, arrived } = track();
    for (const tag of ['enc', 'plaintext'])
      arrived('acme', { tag: 'message', attrs: { id: tag, from: 'x@lid' }, content: [{ tag, attrs: {} }] });
    arrived('acme', stanza('M1', undefined, { from: '12@newsletter' }));
    arrived('acme', stanza('M2', undefined, { from: 'status@broadcast' }));
    vi.advanceTimersByTime(2 * repeatMs);
    expect(reported).toEqual([]);
  });
});
