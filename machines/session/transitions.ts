/** Actions, guards and invocations that recur in the session's statechart. */
import type { ConnectionOrder, Found } from '../domain/ports.ts';
import type { State, Step } from '../domain/view.ts';
import { recordOf, type SessionContext } from './context.ts';
import type { OwnEnding } from './setup.ts';
import type { ConnectionClosed } from './verdict.ts';

const theEvent = <E>({ event }: { readonly event: E }): E => event;

export const shown = (state: State, step?: Step) =>
  ({ type: 'show', params: step === undefined ? { state } : { state, step } }) as const;
/** Reports the same state again, because another part of the view changed. */
export const shownAgain = { type: 'show', params: {} } as const;

export const ordered = (type: ConnectionOrder['type']) => ({ type: 'order', params: { type } }) as const;

export const endAs = (reason: OwnEnding) => ({ type: 'endAs', params: { reason } }) as const;
/** A guard or an action that reads how the connection ended. */
export const ending = <
  T extends 'reopens' | 'fails' | 'ends' | 'judge' | 'strike' | 'countReopening' | 'noteEnd',
>(
  type: T,
) => ({ type, params: theEvent<ConnectionClosed> }) as const;
/** A guard or an action that reads what a scan found. */
export const finding = <T extends 'becameDuplicate' | 'isOther' | 'matters' | 'lifts' | 'noteFound'>(
  type: T,
) => ({ type, params: theEvent<{ readonly found: Found }> }) as const;
export const isAnswer = { type: 'isAnswer', params: theEvent<{ readonly ok: boolean }> } as const;

const withRecord = ({ context }: { context: SessionContext }) => ({
  org: context.org,
  record: recordOf(context),
});
const saved = (how: 'durable' | 'failed') => ({ type: 'noteSaved', params: { saved: how } }) as const;
export const unsaved = saved('failed');
/** Saves the record while the state does its work, so that the command that led here outlives the process. */
export const saveRecordMeanwhile = {
  src: 'saveRecord',
  input: withRecord,
  onDone: { actions: saved('durable') },
  onError: { actions: saved('failed') },
} as const;
/** Saves the record first. The new state is reported only then. */
export const saveRecordThen = <T extends string>(target: T, state: State) =>
  ({
    src: 'saveRecord',
    input: withRecord,
    onDone: { target, actions: [saved('durable'), shown(state)] },
    onError: { target, actions: [saved('failed'), shown(state)] },
  }) as const;
