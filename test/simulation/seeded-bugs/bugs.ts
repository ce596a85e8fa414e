/** Bugs to plant, each as a change of the source, and the promises that may catch it: whichever breaks first. */
import type { Invariant } from '../invariants/invariants.ts';

export interface Edit {
  readonly file: string;
  /** Occurs exactly once. */
  readonly find: string;
  readonly put: string;
}
export interface Plant extends Edit {
  readonly bug: string;
  readonly caughtBy: readonly Invariant[];
  readonly also?: readonly Edit[];
  /** Organizations, if ten are too few for it to matter. */
  readonly fleet?: number;
}

const everyScanIsNews: Edit = {
  file: 'machines/supervisor/reconcile.ts',
  find: 'else if (differs(known.found, f)) seen.push(f);',
  put: 'else seen.push(f);',
};

export const plants: readonly Plant[] = [
  {
    bug: 'a scan revives what failed',
    file: 'machines/session/verdict.ts',
    find: "c.verdict?.reason === 'creds_corrupt' ||",
    put: 'true ||',
    also: [everyScanIsNews],
    caughtBy: ['verdict stands', 'dead credentials', 'ban respected', 'one alert'],
  },
  {
    bug: 'a stop is undone by the next scan',
    file: 'machines/session/setup.ts',
    find: "desired: found.promoted ? 'running' : c.desired,",
    put: "desired: 'running',",
    also: [
      everyScanIsNews,
      {
        file: 'machines/session/verdict.ts',
        find: "const becameUsable = c.state === 'retrying' ?",
        put: "const becameUsable = c.state === 'idle' ? true : c.state === 'retrying' ?",
      },
    ],
    caughtBy: ['stop stands'],
  },
  {
    bug: 'a stop is undone by the next start',
    file: 'machines/session/context.ts',
    find: "desired: found.promoted ? 'running' : (record?.desired ?? 'running'),",
    put: "desired: 'running',",
    caughtBy: ['stop stands'],
  },
  {
    bug: 'a verdict is forgotten at the next start',
    file: 'machines/session/context.ts',
    find: 'if (verdict === undefined || found.promoted) return undefined;',
    put: 'if (found.org !== verdict?.reason) return undefined;',
    caughtBy: ['verdict stands', 'dead credentials', 'ban respected', 'one alert'],
  },
  {
    bug: 'a record is not synced',
    file: 'src/sessions/records.ts',
    find: 'await replaceFile(disk, layout.record(org), ',
    put: "await (async (to: string, text: string) => { await disk.write(to + '.new', text); await disk.rename(to + '.new', to); })(layout.record(org), ",
    caughtBy: ['stop stands', 'verdict stands', 'dead credentials', 'ban respected', 'one alert', 'back in time'],
  },
  {
    bug: 'a new connection does not wait for the end of the old one, and nobody asks whose identity it is',
    file: 'src/whatsapp/connections.ts',
    find: '      await endings.get(org);\n',
    put: '',
    also: [{ file: 'src/whatsapp/connections.ts', find: "identity !== '' && holder !== undefined", put: 'identity === org && holder' }],
    caughtBy: ['one login', 'verdict has a cause'],
  },
  {
    bug: 'an ended connection is not closed',
    file: 'src/whatsapp/connections.ts',
    find: 'await socket?.dispose();',
    put: '',
    caughtBy: ['one login', 'nothing left', 'verdict has a cause'],
  },
  {
    bug: 'no lock',
    file: 'test/simulation/harness.ts',
    find: 'return this.process?.alive === true;',
    put: 'return false;',
    caughtBy: ['one login', 'no unasked QR'],
  },
  { bug: 'no jitter', file: 'machines/domain/backoff.ts', find: 'chance * (ceiling / 2)', put: 'ceiling / 2', caughtBy: ['never in step'] },
  {
    bug: 'no breaker',
    file: 'machines/gate/setup.ts',
    find: 'wouldBeMassLoss: ({ context: c }) => isMassLoss',
    put: 'wouldBeMassLoss: ({ context: c }) => false && isMassLoss',
    also: [{ file: 'machines/gate/setup.ts', find: "event.type === 'attempt.failed' && isMassRefusal", put: 'false && isMassRefusal' }],
    caughtBy: ['one alert'],
  },
  {
    bug: 'forgiveness at open',
    file: 'machines/session/setup.ts',
    find: '...innocent, urgent: false, lastConnectedAt',
    put: '...innocent, ...clean, urgent: false, lastConnectedAt',
    caughtBy: ['forgiven late'],
  },
  {
    bug: 'a ban is tried every minute',
    file: 'machines/session/verdict.ts',
    find: 'Math.min(longestTimerMs, Math.max(0, (c.verdict?.until ?? Number.POSITIVE_INFINITY) - c.chance.now()))',
    put: '60_000',
    also: [
      {
        file: 'machines/session/setup.ts',
        find: '(verdict?.until ?? Number.POSITIVE_INFINITY) <= chance.now()',
        put: 'true || verdict === chance',
      },
    ],
    caughtBy: ['ban respected'],
  },
  {
    bug: 'an exhausted session probes at once',
    file: 'machines/session/verdict.ts',
    find: 'export const probeInMs = (c: SessionContext): number =>',
    put: 'export const probeInMs = (c: SessionContext): number => 5_000 +  0 *',
    caughtBy: ['verdict stands', 'one alert'],
  },
  {
    bug: 'every failed probe is an alert',
    file: 'machines/session/verdict.ts',
    find: 'at: same?.at ?? now,',
    put: 'at: now,',
    caughtBy: ['one alert'],
  },
  { bug: 'the gate takes no token', file: 'machines/gate/setup.ts', find: 'tokens -= 1;', put: '', caughtBy: ['gate rates'] },
  {
    bug: 'a place at the gate is never given back',
    file: 'machines/gate/gate.machine.ts',
    find: "gate.send({ type: 'place.left', org });",
    put: '',
    fleet: 60,
    caughtBy: ['back in time'],
  },
  {
    bug: 'credentials are written without looking whose they are',
    file: 'src/whatsapp/store/ownership.ts',
    find: 'const at = await disk.stat(here);',
    put: "if (known) return { is: 'ours' }; const at = await disk.stat(here);",
    also: [{ file: 'src/whatsapp/store/ownership.ts', find: "return (stat ? stampOf(stat) : '') === sight;", put: 'return true;' }],
    caughtBy: ['identity kept'],
  },
  {
    bug: 'no watchdog while connecting',
    file: 'machines/session/setup.ts',
    find: 'c.policy.connectMs,',
    put: '2_000_000_000 + 0 * c.policy.connectMs,',
    caughtBy: ['never stuck', 'back in time'],
  },
  {
    bug: 'no pings',
    file: 'machines/session/setup.ts',
    find: 'c.policy.pingEveryMs,',
    put: '2_000_000_000 + 0 * c.policy.pingEveryMs,',
    caughtBy: ['connected is true'],
  },
  {
    bug: 'a watchdog that takes silence for death',
    file: 'machines/session/live.ts',
    find: "after: { stable: { actions: 'forgive' } },",
    put: "after: { stable: { actions: endAs('unhealthy') } },",
    caughtBy: ['quiet undisturbed', 'back in time'],
  },
];
