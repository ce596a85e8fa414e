/** What people read, and the schedule of attempts. */
import { describe, expect, it } from 'vitest';
import { retryAfterMs, waitMs, waitsMs } from '../../src/delivery/schedule.ts';
import { outgoingFor } from '../../src/delivery/sinks.ts';
import type { Alert } from '../../src/protocol/alerts.ts';
import { eventOf, noticeOf, webhookAt } from './harness.ts';

const alert = (orgId: string): Alert => ({
  fingerprint: orgId,
  name: 'SessionLoggedOut',
  severity: 'critical',
  status: 'firing',
  orgId,
  labels: {},
  summary: 'WhatsApp unlinked this <device> & more.',
  action: 'Pair it again.',
  startsAt: '2026-01-15T03:35:00.000Z',
  endsAt: null,
  silencedUntil: null,
});
const many = Array.from({ length: 25 }, (_, n) => alert(`org-${n}`));
const at = new Date('2026-01-15T03:36:00.000Z');
const slack = webhookAt('https://hooks.example/T/B/x', { name: 'slack', kind: 'slack', secrets: [] });
const pager = webhookAt('https://events.example/v2/enqueue', {
  name: 'pager',
  kind: 'pagerduty',
  secrets: ['routing-key'],
});
const logged = (...given: Parameters<typeof outgoingFor>) =>
  JSON.parse(outgoingFor(...given).body) as Record<string, never>;

describe('a notice', () => {
  it('to Slack names what, who, since when and what to do, with markup escaped', () => {
    const { text, blocks } = logged(slack, noticeOf('n', { started: many, firing: 25 }), at) as unknown as {
      text: string;
      blocks: { text: { text: string } }[];
    };
    expect(text).toBe('FIRING SessionLoggedOut (25): WhatsApp unlinked this &lt;device&gt; &amp; more.');
    expect(blocks[0]?.text.text).toMatch(/^\*FIRING SessionLoggedOut \(25\)\*\n/);
    expect(blocks[0]?.text.text).toContain('org-0, org-1,');
    expect(blocks[0]?.text.text).toContain('and 5 more');
    expect(blocks[0]?.text.text).toContain('What to do: Pair it again.');
    expect(blocks[0]?.text.text).toContain('Since: 2026-01-15T03:35:00.000Z');
  });
  it('that is over, or only repeated, says so', () => {
    expect(
      logged(slack, noticeOf('n', { isOver: true, resolved: [alert('acme')], firing: 0 }), at)['text'],
    ).toBe('RESOLVED SessionLoggedOut: No longer: acme');
    expect(logged(slack, noticeOf('n', { isReminder: true, firing: 2 }), at)['text']).toMatch(
      /^STILL FIRING SessionLoggedOut \(2\): WhatsApp unlinked/,
    );
  });
  it('to PagerDuty is one incident a name: triggered, triggered again, resolved', () => {
    const trigger = logged(pager, noticeOf('n', { started: many, firing: 25 }), at);
    expect(trigger).toMatchObject({
      routing_key: 'routing-key',
      dedup_key: 'vigia/SessionLoggedOut',
      event_action: 'trigger',
      payload: { severity: 'critical', source: 'vigia' },
    });
    expect(logged(pager, noticeOf('n', { isOver: true, firing: 0 }), at)).toMatchObject({
      dedup_key: 'vigia/SessionLoggedOut',
      event_action: 'resolve',
    });
    const long = { ...alert('acme'), summary: 'x'.repeat(2_000) };
    expect(
      (logged(pager, noticeOf('n', { started: [long] }), at)['payload'] as unknown as { summary: string })
        .summary,
    ).toHaveLength(1_024);
  });
  it('is nothing for a webhook, nor an event for people', () => {
    expect(() => outgoingFor(slack, eventOf('e'), at)).toThrow();
    expect(() => outgoingFor(webhookAt('https://x.example'), noticeOf('n'), at)).toThrow();
  });
});

describe('the schedule', () => {
  it('is that of Standard Webhooks, ± 20 %, and ends', () => {
    expect(waitsMs.map((ms) => ms / 1_000)).toEqual([
      5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
    ]);
    expect([waitMs(1, 0), waitMs(1, 0.5), waitMs(1, 1)]).toEqual([4_000, 5_000, 6_000]);
    expect(waitMs(9, 0.5)).toBe(86_400_000);
    expect(waitMs(10, 0.5)).toBe(undefined);
  });
  it('waits as long as it was asked to, but not for ever', () => {
    expect(waitMs(1, 0.5, 60_000)).toBe(60_000);
    expect(waitMs(1, 0.5, 1_000)).toBe(5_000);
    expect(waitMs(1, 0.5, 10 ** 12)).toBe(86_400_000);
    expect(retryAfterMs('120', 0)).toBe(120_000);
    expect(retryAfterMs('Thu, 15 Jan 2026 03:40:00 GMT', Date.UTC(2026, 0, 15, 3, 39))).toBe(60_000);
    for (const nonsense of [undefined, 'soon', '-1', '1e9'])
      expect(retryAfterMs(nonsense, Date.UTC(2030, 0, 1)) ?? 0).toBe(0);
  });
});
