/** A client sees no state that a kill could still hide from the webhooks. */
import { expect, it } from 'vitest';
import type { SessionView } from '../../machines/domain/view.ts';
import { createReleasedViews } from '../../src/app/released-views.ts';
import { viewOf } from '../control/views.ts';

it('while an event waits, sessions are shown as the released events left them', () => {
  const live = new Map<string, SessionView>([['acme', { ...viewOf('acme'), revision: 2 }]]);
  let held = true;
  const views = createReleasedViews(
    { list: () => [...live.values()], get: (org) => live.get(org) },
    () => held,
  );
  const change = { previousState: null, cause: 'test', durable: true };
  expect([views.list(), views.get('acme')]).toEqual([[], undefined]);
  const first = { ...viewOf('acme'), revision: 1 };
  views.onRelease({ type: 'session.created', org: 'acme', view: first, ...change });
  expect([views.list(), views.get('acme')]).toEqual([[first], first]);
  held = false;
  expect([views.list(), views.get('acme')]).toEqual([[live.get('acme')], live.get('acme')]);
  held = true;
  views.onRelease({ type: 'session.removed', org: 'acme', revision: 3 });
  expect([views.list(), views.get('acme')]).toEqual([[], undefined]);
});
