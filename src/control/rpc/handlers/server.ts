/** The methods of the server as a whole. */
import { type State, states } from '../../../../machines/domain/view.ts';
import type { serverMethods } from '../../../protocol/methods/server.ts';
import { canSee } from '../../access/authorize.ts';
import type { Supervision } from '../../port.ts';
import { iso } from '../translate.ts';
import type { Handlers } from './handler.ts';

export interface ServerDeps {
  readonly supervision: Supervision;
  readonly server: {
    readonly version: string;
    /** Epoch milliseconds. */
    readonly startedAt: number;
    readonly database: () => 'durable' | 'emptied' | 'memory';
  };
}

export const serverHandlers: Handlers<keyof typeof serverMethods | 'ping', ServerDeps> = {
  ping: (_, { now }) => ({ time: iso(now()) }),
  'server.status': (_, { principal, supervision, server }) => {
    const counts = Object.fromEntries(states.map((state) => [state, 0])) as Record<State, number>;
    for (const view of supervision.list()) if (canSee(principal, view.org)) counts[view.state] += 1;
    return {
      version: server.version,
      startedAt: iso(server.startedAt),
      draining: supervision.draining(),
      database: server.database(),
      counts,
    };
  },
};
