import type { Reason } from '../../../machines/domain/disconnect.ts';
import { defaultPolicy } from '../../../machines/domain/policy.ts';
import { advance } from '../fake-clock.ts';
import { type Counted, countingSpec, type Happening, maxStrikes } from './counting.spec.ts';
import { startSession } from './harness.ts';
import { same } from './same.ts';
import { type Performance, walk } from './walk.ts';

const endings: Partial<Record<Happening, Reason>> = {
  'the network drops': 'network',
  'no answer comes': 'timeout',
  'it stops answering pings': 'unhealthy',
  'WhatsApp is busy': 'server_busy',
  'WhatsApp asks for a restart': 'restart_required',
  'WhatsApp refuses our version': 'outdated',
  'the disk cannot be read': 'storage',
  'another login takes over': 'conflict',
  'it ends for no known reason': 'unknown',
};

const perform = (): Performance<Counted> => {
  const s = startSession({ ...defaultPolicy, maxStrikes });
  let failures = 0;
  const play = async (event: string) => {
    const reason = endings[event as Happening];
    if (reason !== undefined) s.net({ type: 'connection.closed', reason });
    else if (event === 'the backoff passes') {
      const { waitMs } = s.context();
      await advance(waitMs - 1);
      same(s.view().state, 'retrying', 'a millisecond too early');
      await advance(1);
    } else s.admit(event === 'it is let in');
  };
  return {
    play,
    agree: ({ phase, context: c }, event, before) => {
      const view = s.view();
      same(view.step ?? view.state, phase);
      same(
        view.lastError?.reason ?? null,
        c.verdict ?? (event === undefined ? null : (view.lastError?.reason ?? null)),
      );
      same(s.harness.sockets.size, phase === 'connecting' ? 1 : 0);
      same(s.alerts().length, phase === 'failed' ? 1 : 0);
      if (phase === 'queued' && event === 'WhatsApp asks for a restart')
        same(s.asked.at(-1)?.urgent, true, 'reopens urgently');
      if (phase !== 'retrying' || before === undefined) return;
      failures += Number(before.context.counts);
      // the virtual die always shows one half
      const ceilingMs = Math.min(300_000, 2_000 * 2 ** Math.max(0, failures - 1));
      same(s.context().waitMs, c.floor * 1_000 + 0.75 * ceilingMs);
      same(view.nextRetryAt, Date.now() + s.context().waitMs);
      same(view.lastError, { reason: endings[event as Happening], at: Date.now() });
      same(view.attempt, failures);
    },
  };
};

walk('the specification of what is counted', { machine: countingSpec, start: perform, edges: 639 });
