/**
 * Patch of how fast Baileys takes stanzas. It starts a handler for every stanza at once, and all of them wait
 * for one lock, so a flood of one organization takes the memory of all (WHATSAPP-FACTS.md#flood). Here each
 * handler is counted until it ends, a stanza waits while many are at work, and the intake of the connection
 * reads no further while too much waits.
 */
import type { Intake } from '../intake.ts';
import { weightOf } from '../weight.ts';
import { type Listener, listenersOf, type Parts, rewrapListeners } from './socket-parts.ts';

/** Baileys emits each stanza under names with this prefix. */
const prefix = 'CB:';
/** Those that Baileys puts into a queue of its own when they were sent while the device was offline. */
const queued = ['CB:message', 'CB:call', 'CB:receipt', 'CB:notification'] as const;

interface Stanza {
  readonly attrs: Readonly<Record<string, string>>;
}
const isStanza = (value: unknown): value is Stanza =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Stanza>).attrs === 'object';

const namesOf = ({ sock }: Parts): readonly string[] => {
  const { ws } = sock as unknown as { readonly ws?: { eventNames?: () => (string | symbol)[] } };
  const names = ws?.eventNames?.() ?? [];
  return names.filter((name) => typeof name === 'string').filter((name) => name.startsWith(prefix));
};

export const backPressureProblem = ({ sock, raw }: Parts): string | undefined => {
  if (typeof raw?.pause !== 'function' || typeof raw.resume !== 'function')
    return 'the socket of a connection cannot be paused';
  const silent = queued.filter((name) => listenersOf(sock.ws, name).length === 0);
  return silent.length === 0 ? undefined : `the library does not listen to ${silent.join(', ')}`;
};

/**
 * Calls the listener with an offline stanza. The result settles when the library's queue has come to the
 * stanza: it then reads the attributes again, at the latest to acknowledge it.
 */
const reached = (listener: Listener, stanza: Stanza): Promise<unknown> =>
  new Promise((resolve, reject) => {
    let isQueued = false;
    const watched = Object.defineProperty({ ...stanza }, 'attrs', {
      enumerable: true,
      get: () => {
        if (isQueued) resolve(undefined);
        return stanza.attrs;
      },
    });
    Promise.resolve(listener(watched)).catch(reject);
    isQueued = true;
  });

/** `failed`: a handler of the library threw or rejected. */
export const countHandlers = (
  parts: Parts,
  intake: Intake,
  failed: (error: unknown, name: string) => void,
): void => {
  if (backPressureProblem(parts) !== undefined) return;
  const queues: ReadonlySet<string> = new Set(queued);
  for (const name of namesOf(parts))
    rewrapListeners(parts.sock.ws, name, (listener) => (stanza) => {
      const start = async (): Promise<unknown> => {
        const isOffline = isStanza(stanza) && stanza.attrs['offline'] !== undefined;
        return queues.has(name) && isOffline ? reached(listener, stanza) : listener(stanza);
      };
      const work = () => start().catch((error: unknown) => failed(error, name));
      if (queues.has(name)) intake.park(stanza, work);
      else intake.handles(weightOf(stanza), work());
    });
};
