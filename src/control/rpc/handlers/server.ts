/** The server as a whole, and whether it is there. */
import { states } from '../../../../machines/domain/view.ts';
import type { serverMethods } from '../../../protocol/methods/server.ts';
import { sees } from '../../access/authorize.ts';
import type { Supervision } from '../../port.ts';
import { iso } from '../translate.ts';
import type { Handlers } from './handler.ts';

export interface ServerPorts {
  readonly supervision: Supervision;
  /** `startedAt` in epoch milliseconds. */
  readonly server: {
    readonly version: string;
    readonly startedAt: number;
    readonly database: () => 'durable' | 'emptied' | 'memory';
  };
}

export const serverHandlers: Handlers<keyof typeof serverMethods | 'ping', ServerPorts> = {
  ping: (_, { now }) => ({ time: iso(now()) }),
  'server.status': (_, { principal, supervision, server }) => {
    const counts = Object.fromEntries(states.map((state) => [state, 0])) as Record<(typeof states)[number], number>;
    for (const view of supervision.list()) if (sees(principal, view.org)) counts[view.state] += 1;
    return {
      version: server.version,
      startedAt: iso(server.startedAt),
      draining: supervision.draining(),
      database: server.database(),
      counts,
    };
  },
};
