/**
 * What a person should do now, and with which commands. It names only commands that are accepted and that
 * help: a logout is possible nearly always, and helps in no state.
 */
import type { CommandName } from '../../../machines/domain/commands.ts';
import type { Reason } from '../../../machines/domain/disconnect.ts';
import type { SessionView } from '../../../machines/domain/view.ts';
import { attentionOf } from '../attention.ts';
import { reasonTexts } from '../reasons.ts';
import type { AttentionAction } from '../session.ts';

export interface Advice {
  readonly text: string;
  /** The best one first. */
  readonly commands: readonly CommandName[];
}

const commandsOf: Readonly<Record<AttentionAction, readonly CommandName[]>> = {
  pair: ['session.pair'],
  retry: ['session.retry'],
  restart: ['session.stop', 'session.restore'],
  check_phone: ['session.restore'],
  stop_other_program: ['session.retry'],
  remove_duplicate: [],
  check_storage: [],
};
/** Where the reason has another way than the action alone. */
const commandsFor: Partial<Record<Reason, readonly CommandName[]>> = {
  wrong_account: ['session.pair', 'session.restore'],
  older_copy: ['session.restore'],
};
const nothing: Advice = { text: 'Nothing to do.', commands: [] };

const ofIdle = ({ credentials, desired }: SessionView): Advice => {
  if (credentials === 'absent' || credentials === 'unpaired')
    return { text: reasonTexts.unpaired.action, commands: ['session.pair'] };
  if (desired === 'stopped') return { text: reasonTexts.stopped.action, commands: ['session.restore'] };
  return nothing;
};
/** For a session that needs no person: what may be done nevertheless. */
const ofCalm = (v: SessionView): Advice => {
  const { state, desired, lastError, pairing } = v;
  if (state === 'pairing')
    return {
      text: pairing?.method === 'code' ? 'Type the code on the phone.' : 'Scan the QR with the phone.',
      commands: [],
    };
  if (state === 'idle') return ofIdle(v);
  if (state !== 'retrying' && state !== 'failed') return nothing;
  if (desired === 'stopped') return { text: reasonTexts.stopped.action, commands: ['session.restore'] };
  const text = lastError === null ? nothing.text : reasonTexts[lastError.reason].action;
  return { text, commands: lastError?.reason === 'banned_temporarily' ? [] : ['session.retry'] };
};

export const adviceOf = (v: SessionView): Advice => {
  const attention = attentionOf(v);
  if (attention === null) return ofCalm(v);
  const special = v.state === 'failed' && v.duplicateOf === null && v.lastError !== null;
  const ofReason = special && v.lastError !== null ? commandsFor[v.lastError.reason] : undefined;
  return { text: attention.message, commands: ofReason ?? commandsOf[attention.action] };
};
