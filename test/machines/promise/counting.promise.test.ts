import { expect } from 'vitest';
import type { Reason } from '../../../machines/disconnect.ts';
import { defaultPolicy } from '../../../machines/policy.ts';
import { type Counted, countingPromise, type Happening, maxStrikes } from './counting.promise.ts';
import { stage } from './stage.ts';
import { type Performance, turn, walk } from './walk.ts';

const endings: Partial<Record<Happening, Reason>> = {
  'the network drops': 'network',
  'nobody answers': 'timeout',
  'it stops answering pings': 'unhealthy',
  'WhatsApp is busy': 'server_busy',
  'WhatsApp asks for a restart': 'restart_required',
  'WhatsApp refuses our version': 'outdated',
  'the disk cannot be read': 'storage',
  'another login takes over': 'conflict',
  'it ends for no known reason': 'unknown',
};

const perform = (): Performance<Counted> => {
  const s = stage({ ...defaultPolicy, maxStrikes });
  let failures = 0;
  const play = async (event: string) => {
    const reason = endings[event as Happening];
    if (reason !== undefined) s.net({ type: 'connection.closed', reason });
    else if (event === 'the backoff passes') {
      const { waitMs } = s.context();
      await turn(waitMs - 1);
      expect(s.view().state, 'a millisecond too early').toBe('retrying');
      await turn(1);
    } else s.admit(event === 'it is let in');
  };
  return {
    play,
    agree: ({ phase, context: c }, event, before) => {
      const view = s.view();
      expect(view.step ?? view.state).toBe(phase);
      expect(view.lastError?.reason ?? null).toBe(c.verdict ?? (event === undefined ? null : (view.lastError?.reason ?? null)));
      expect(s.world.sockets.size).toBe(phase === 'connecting' ? 1 : 0);
      expect(s.alerts().length).toBe(phase === 'failed' ? 1 : 0);
      if (phase === 'queued' && event === 'WhatsApp asks for a restart') expect(s.asked.at(-1)?.urgent, 'reopens urgently').toBe(true);
      if (phase !== 'retrying' || before === undefined) return;
      failures += Number(before.context.counts);
      // the virtual die always shows one half
      const ceilingMs = Math.min(300_000, 2_000 * 2 ** Math.max(0, failures - 1));
      expect(s.context().waitMs).toBe(c.floor * 1_000 + 0.75 * ceilingMs);
      expect(view.nextRetryAt).toBe(Date.now() + s.context().waitMs);
      expect(view.lastError).toEqual({ reason: endings[event as Happening], at: Date.now() });
      expect(view.attempt).toBe(failures);
    },
  };
};

walk('the promise of what is counted', { machine: countingPromise, start: perform, edges: 639 });
