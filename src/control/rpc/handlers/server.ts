/** The methods of the server as a whole. */
import { type State, states } from '../../../../machines/domain/view.ts';
import type { serverMethods } from '../../../protocol/methods/server.ts';
import type { Result } from '../../../protocol/methods.ts';
import { canSee } from '../../access/authorize.ts';
import type { Supervision } from '../../port.ts';
import { RequestError } from '../request-error.ts';
import { iso } from '../translate.ts';
import type { Handlers } from './handler.ts';

export interface ServerDeps {
  readonly supervision: Supervision;
  readonly server: {
    readonly version: string;
    /** Epoch milliseconds. */
    readonly startedAt: number;
    readonly database: () => 'durable' | 'emptied' | 'memory';
    readonly settings: Result<'server.settings'>['settings'];
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
  'server.settings': (_, { principal, server }) => {
    if (principal.orgs === '*') return { settings: server.settings };
    const message = 'The settings concern every organization: this key sees only some.';
    throw new RequestError('forbidden', message, { scope: 'admin' });
  },
};
