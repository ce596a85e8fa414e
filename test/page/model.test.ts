/** The decisions of the page that need no browser. */
import { describe, expect, it } from 'vitest';
import { sessionOf } from '../../src/control/rpc/translate.ts';
import { lookOf } from '../../src/page/model/appearance.ts';
import { helpOf } from '../../src/page/model/help.ts';
import { drawHorizon, indexAt, type Mark } from '../../src/page/model/horizon.ts';
import { numberOf, organizationOf } from '../../src/page/model/organization.ts';
import { countsOf, needLines, orderOf, outageSince } from '../../src/page/model/overview.ts';
import { connectedMs, segmentsOf } from '../../src/page/model/timeline.ts';
import type { HistoryEntry } from '../../src/protocol/methods/history.ts';
import { viewOf } from '../control/views.ts';
import { fortyOf, thousandsOf } from './sample-fleet.ts';

const now = Date.UTC(2026, 10, 28, 12);
const fleetOf = (views: ReturnType<typeof fortyOf>) => views.map((view) => organizationOf(sessionOf(view)));
const forty = fleetOf(fortyOf(now));

describe('the overview', () => {
  it('counts each organization once', () => {
    const counts = countsOf(forty);
    expect(Object.values(counts).reduce((sum, n) => sum + n, 0)).toBe(40);
    expect(counts).toMatchObject({ bad: 3, wait: 2, go: 3, pair: 1, held: 2, idle: 2, unwell: 1 });
  });
  it('has those first that need a person, and finds names without their accents', () => {
    const sorting = { column: 'state', descending: false } as const;
    const order = orderOf(forty, { group: undefined, search: '' }, sorting);
    expect(order.slice(0, 3)).toEqual(needLines(forty).map(({ members }) => members[0]?.id));
    expect(orderOf(forty, { group: undefined, search: 'OPTICA mira' }, sorting)).toEqual([
      'optica-miraflores',
    ]);
    expect(orderOf(forty, { group: 'pair', search: '' }, sorting)).toEqual(['panaderia-la-espiga']);
  });
  it('calls it an outage when most wait, and not when a few do', () => {
    expect(outageSince(forty)).toBeUndefined();
    expect(outageSince(fleetOf(thousandsOf(now, 200, true)))).toBe(now - 7 * 60_000);
  });
  it('puts equal causes into one line when there are many', () => {
    const revoked = Array.from({ length: 5 }, (_, i) =>
      viewOf(`r${i}`, { state: 'failed', liveness: null, lastError: { reason: 'revoked', at: now } }),
    );
    expect(needLines(fleetOf(revoked))).toMatchObject([{ reason: 'revoked', members: { length: 5 } }]);
  });
  it('shows a session that a person stopped as idle, whatever failed before', () => {
    const stopped = viewOf('s', {
      state: 'failed',
      desired: 'stopped',
      liveness: null,
      lastError: { reason: 'revoked', at: now },
    });
    expect(lookOf(sessionOf(stopped))).toBe('stop');
  });
  it('offers a new phone where none was linked, and not while credentials are being copied', () => {
    const helps = (['absent', 'unpaired', 'unsettled', 'unreadable', 'restorable'] as const).map(
      (credentials) => {
        const idle = viewOf('i', { state: 'idle', liveness: null, credentials });
        return helpOf(organizationOf(sessionOf(idle)), { may: () => true, isOutage: false })?.kind;
      },
    );
    expect(helps).toEqual(['pair', 'pair', undefined, 'open', undefined]);
  });
});

it.each([
  ['34600111222:5@s.whatsapp.net', '+34600111222'],
  ['34600111222@s.whatsapp.net', '+34600111222'],
  ['123456789012345:1@lid', ''],
])('the number of %s is "%s"', (id, number) => {
  expect(numberOf({ id, name: null })).toBe(number);
});

describe('the horizon', () => {
  const marks = (n: number): Mark[] =>
    Array.from({ length: n }, (_, i) => ({
      look: i === 7 ? 'bad' : 'ok',
      name: `o${i}`,
      attempt: 0,
      isDim: false,
    }));
  const frame = { width: 1_200, isPhone: false, isStrip: false, isOutage: false };
  it.each([0, 1, 40, 120, 121, 2_000])('draws %i organizations as few paths, inside its frame', (total) => {
    const h = drawHorizon(marks(total), frame);
    expect(h.paths.length).toBeLessThanOrEqual(2);
    const xs = h.paths.flatMap(({ d }) => [...d.matchAll(/M([\d.]+) /g)].map((match) => Number(match[1])));
    expect(xs.filter((x) => x < 0 || x > frame.width)).toEqual([]);
  });
  it('finds the mark below the pointer, in each row', () => {
    const h = drawHorizon(marks(2_000), frame);
    const { gutter, pitch, perRow, rowHeight } = h.layout;
    const at = (index: number) =>
      indexAt(
        h.layout,
        2_000,
        gutter + ((index % perRow) + 0.5) * pitch,
        (Math.floor(index / perRow) + 0.5) * rowHeight,
      );
    for (const index of [0, 1, perRow - 1, perRow, 1_999]) expect(at(index)).toBe(index);
    expect(indexAt(h.layout, 2_000, 3, 3)).toBeUndefined();
    expect(at(2_000)).toBeUndefined();
  });
});

describe('the day', () => {
  const entry = (id: number, minutesAgo: number, to: HistoryEntry['to'], over: Partial<HistoryEntry> = {}) =>
    ({
      id,
      at: new Date(now - minutesAgo * 60_000).toISOString(),
      from: null,
      to,
      cause: 'adopted',
      reason: null,
      attempt: 0,
      desired: 'running',
      liveness: to === 'connected' ? 'healthy' : null,
      revision: id,
      nextRetryAt: null,
      ...over,
    }) as HistoryEntry;
  const hour = now - 3_600_000;
  it('is cut at its beginning, and equal neighbours are one', () => {
    const segments = segmentsOf(
      [
        entry(4, 10, 'failed', { reason: 'revoked' }),
        entry(3, 30, 'connected'),
        entry(2, 40, 'connected'),
        entry(1, 90, 'retrying'),
      ],
      hour,
      now,
    );
    expect(segments.map(({ look, from, to }) => [look, (now - from) / 60_000, (now - to) / 60_000])).toEqual([
      ['wait', 60, 40],
      ['ok', 40, 10],
      ['bad', 10, 0],
    ]);
    expect(connectedMs(segments)).toBe(30 * 60_000);
  });
  it('leaves out what is not known, and the time after a removal', () => {
    expect(segmentsOf([], hour, now)).toEqual([]);
    expect(segmentsOf([entry(2, 20, null), entry(1, 30, 'connected')], hour, now)).toMatchObject([
      { look: 'ok', to: now - 20 * 60_000 },
    ]);
  });
});
