import { describe, expect, it } from 'vitest';
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
