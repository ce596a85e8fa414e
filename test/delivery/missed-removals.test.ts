/** A removal that a kill hid from the webhooks becomes an event at the next start. */
import { beforeEach, expect, it } from 'vitest';
import { isScanEvent, watchMissedRemovals } from '../../src/delivery/missed-removals.ts';

const freezeMs = 600_000;
let elapsed = 0;
let removed: string[] = [];
const watch = (...known: readonly string[]) =>
  watchMissedRemovals({
    announced: () => new Map(known.map((org, n) => [org, { revision: n }])),
    removed: (org, revision) => void removed.push(`${org} ${revision}`),
    freezeMs,
    elapsed: () => elapsed,
  });
const scan = (...adopted: readonly string[]) => ({ type: 'scan.done', adopted }) as const;
const many = Array.from({ length: 40 }, (_, n) => `org-${n}`);
beforeEach(() => {
  elapsed = 0;
  removed = [];
});

it('two scans must miss it, and it is removed once, with a higher revision', () => {
  const onEvent = watch('acme', 'beta');
  onEvent(scan('acme'));
  expect(removed).toEqual([]);
  onEvent(scan());
  onEvent(scan());
  expect(removed).toEqual(['beta 2']);
});
it('an organization that appears late, or in a pairing, was not removed', () => {
  const onEvent = watch('acme', 'beta', 'gamma');
  onEvent(scan('acme'));
  onEvent({ type: 'session.reported', org: 'beta' });
  onEvent(scan('gamma'));
  onEvent(scan());
  expect(removed).toEqual([]);
});
it('a removal after the start is not its business', () => {
  const onEvent = watch('acme');
  onEvent(scan('acme'));
  onEvent(scan());
  onEvent(scan());
  expect(removed).toEqual([]);
});
it('a directory that is not mounted removes nothing', () => {
  const onEvent = watch('acme');
  onEvent({ type: 'fleet.frozen' });
  for (let n = 0; n < 5; n += 1) onEvent(scan());
  expect(removed).toEqual([]);
  onEvent({ type: 'fleet.thawed' });
  onEvent(scan('acme'));
  expect(removed).toEqual([]);
});
it('many that vanished at once are believed after the time that the supervisor waits too', () => {
  const onEvent = watch(...many);
  for (let n = 0; n < 5; n += 1) onEvent(scan());
  expect(removed).toEqual([]);
  elapsed = freezeMs;
  onEvent(scan());
  onEvent(scan());
  expect(removed).toHaveLength(many.length);
});
it('many that come back in time were not removed', () => {
  const onEvent = watch(...many);
  onEvent(scan());
  elapsed = freezeMs;
  onEvent(scan(...many));
  onEvent(scan());
  expect(removed).toEqual([]);
});
it('takes the events of the supervisor that it needs, and no other', () => {
  expect(
    ['scan.done', 'scan.failed', 'session.reported', 'fleet.frozen', 'fleet.thawed', 'root.lost'].map(
      (type) => isScanEvent({ type }),
    ),
  ).toEqual([true, false, true, true, true, false]);
});
