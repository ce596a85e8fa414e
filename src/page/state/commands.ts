/**
 * Commands to sessions. The server answers with acceptance only, so a button says "asked" until the session
 * changes, ten seconds at most. A refusal stays where it was caused until the next command.
 */
import { signal } from '@preact/signals';
import { type Input, VigiaError } from '../../client/client.ts';
import { byId } from './fleet.ts';
import { call, onEnd } from './link.ts';

export type CommandMethod =
  | 'session.restore'
  | 'session.retry'
  | 'session.stop'
  | 'session.cancelPairing'
  | 'session.logout';

const askedMs = 10_000;
interface Asked {
  readonly revision: number | undefined;
  readonly timer: ReturnType<typeof setTimeout>;
}
const asked = signal<ReadonlyMap<string, Asked>>(new Map());
/** The refusal of the last command, by organization: a sentence of the server. */
export const refusals = signal<ReadonlyMap<string, string>>(new Map());

const changed = <T>(
  map: ReadonlyMap<string, T>,
  id: string,
  value: T | undefined,
): ReadonlyMap<string, T> => {
  const next = new Map(map);
  if (value === undefined) next.delete(id);
  else next.set(id, value);
  return next;
};
const settle = (orgId: string): void => {
  clearTimeout(asked.value.get(orgId)?.timer);
  asked.value = changed(asked.value, orgId, undefined);
};
/** Whether its last command has shown no effect yet. */
export const isAsked = (orgId: string): boolean => {
  const one = asked.value.get(orgId);
  return one !== undefined && one.revision === byId.value.get(orgId)?.session.revision;
};
export const sentenceOf = (error: unknown): string =>
  error instanceof VigiaError || error instanceof Error ? error.message : String(error);

/** Never rejects: a refusal is in `refusals`. Resolves with whether it was accepted. */
export const command = async <M extends CommandMethod>(method: M, params: Input<M>): Promise<boolean> => {
  const { orgId } = params;
  settle(orgId);
  refusals.value = changed(refusals.value, orgId, undefined);
  const revision = byId.value.get(orgId)?.session.revision;
  const timer = setTimeout(() => settle(orgId), askedMs);
  asked.value = changed(asked.value, orgId, { revision, timer });
  try {
    await (call as (method: CommandMethod, params: object) => Promise<unknown>)(method, params);
    return true;
  } catch (error) {
    settle(orgId);
    refusals.value = changed(refusals.value, orgId, sentenceOf(error));
    return false;
  }
};
onEnd(() => {
  for (const { timer } of asked.value.values()) clearTimeout(timer);
  asked.value = new Map();
  refusals.value = new Map();
});
