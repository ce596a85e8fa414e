import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Log } from '../../src/base/log.ts';
import { logEvents } from '../../src/base/log-events.ts';
import { openLog } from '../../src/log/log.ts';

const collect = (level = 'debug') => {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>),
  };
  return { lines, log: openLog({ level, format: 'json', destination }) };
};

describe('the log', () => {
  it('writes the slug, the level and the message of the table, and the fields', () => {
    const { log, lines } = collect();
    log('session.failed', { org: 'acme', reason: 'banned' });
    const { message } = logEvents['session.failed'];
    expect(lines).toEqual([
      {
        time: expect.any(String),
        level: 50,
        event: 'session.failed',
        msg: message,
        org: 'acme',
        reason: 'banned',
      },
    ]);
  });
  it('gives the fields of a child to each of its lines', () => {
    const { log, lines } = collect();
    log.child({ part: 'control' }).child({ org: 'acme' })('control.connected', { keyId: 'k_1' });
    expect(lines[0]).toMatchObject({
      event: 'control.connected',
      part: 'control',
      org: 'acme',
      keyId: 'k_1',
    });
  });
  it('writes nothing below its level', () => {
    const { log, lines } = collect('warn');
    log('session.connected');
    log('session.retrying');
    expect(lines.map(({ event }) => event)).toEqual(['session.retrying']);
  });
  it('keeps the slug when a field is named like it', () => {
    const { log, lines } = collect();
    log('socket.event_failed', { event: 'open' });
    expect(lines[0]?.['event']).toBe('socket.event_failed');
  });
  it('redacts secrets and keeps the codes of system errors', () => {
    const { log, lines } = collect();
    log('http.failed', { apiKey: 'SECRET', err: { creds: 'SECRET' }, code: 'SECRET' });
    log('credentials.write_failed', { code: 'ENOSPC' });
    expect(JSON.stringify(lines)).not.toContain('SECRET');
    expect(lines[1]?.['code']).toBe('ENOSPC');
  });
});

describe('lines that the outside can cause as often as it likes', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const refuse = (log: Log, remoteAddress: string, times: number) => {
    for (let n = 0; n < times; n += 1) log('http.refused', { reason: 'unauthenticated', remoteAddress });
  };

  it('are one line for an address in a minute, and then one with the number of the others', () => {
    const { log, lines } = collect();
    refuse(log, '203.0.113.1', 1_000);
    refuse(log, '203.0.113.2', 1);
    expect(lines.map(({ remoteAddress, repeated }) => [remoteAddress, repeated])).toEqual([
      ['203.0.113.1', undefined],
      ['203.0.113.2', undefined],
    ]);
    vi.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatchObject({
      remoteAddress: '203.0.113.1',
      repeated: 999,
      reason: 'unauthenticated',
    });
    refuse(log, '203.0.113.1', 5); // its second minute has begun
    refuse(log, '203.0.113.2', 5); // its minute is over
    expect(lines.slice(3).map(({ remoteAddress }) => remoteAddress)).toEqual(['203.0.113.2']);
    vi.advanceTimersByTime(60_000);
    expect(lines.slice(4).map(({ repeated }) => repeated)).toEqual([5, 4]);
    vi.advanceTimersByTime(120_000);
    expect(vi.getTimerCount()).toBe(0);
  });
  it('are bounded for any number of addresses', () => {
    const { log, lines } = collect();
    for (let n = 0; n < 50_000; n += 1) refuse(log, `2001:db8::${n.toString(16)}`, 1);
    expect(lines.length).toBeLessThan(1_100);
    const before = lines.length;
    vi.advanceTimersByTime(60_000);
    expect(lines.slice(before).map(({ repeated }) => repeated)).toEqual([50_000 - before]);
  });
  it('have limits of their own for each event, and for each organization of a child', () => {
    const { log, lines } = collect();
    for (const org of ['acme', 'beta', 'acme']) log.child({ org })('socket.frame_unreadable');
    log.child({ org: 'acme' })('socket.event_failed');
    expect(lines.map(({ org, event }) => [event, org])).toEqual([
      ['socket.frame_unreadable', 'acme'],
      ['socket.frame_unreadable', 'beta'],
      ['socket.event_failed', 'acme'],
    ]);
    vi.advanceTimersByTime(60_000);
    expect(lines.at(-1)).toMatchObject({ event: 'socket.frame_unreadable', org: 'acme', repeated: 1 });
  });
  it('are all written when they are about a client that is known', () => {
    const { log, lines } = collect();
    for (let n = 0; n < 3; n += 1) log('control.closed', { keyId: 'k_1', closeCode: 1001 });
    expect(lines).toHaveLength(3);
  });
  it('of one event count together when they have no subject', () => {
    const { log, lines } = collect();
    for (let n = 0; n < 3; n += 1) log('process.unhandled_rejection', { why: `reason ${n}` });
    vi.advanceTimersByTime(60_000);
    expect(lines.map(({ why, repeated }) => [why, repeated])).toEqual([
      ['reason 0', undefined],
      ['reason 2', 2],
    ]);
  });
});
