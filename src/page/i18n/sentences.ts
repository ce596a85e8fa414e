/** Sentences about a session, from its slugs, in the present language. */
import { isUnlinked } from '../model/appearance.ts';
import type { Organization } from '../model/organization.ts';
import { shortTime } from './times.ts';
import { count, words } from './words.ts';

/** The word after the state: `try 4 of 10`. */
export const detailOf = ({ look, session }: Organization): string => {
  const t = words.value.detail;
  if (look === 'wait') return t.attempt(count(session.attempt), count(session.maxAttempts));
  if (look === 'stop' && session.state === 'failed') return t.stop;
  return look === 'none' && !isUnlinked(session) ? '' : t[look];
};
/** What happened, as a whole text: the cause first. Empty when there is nothing to say. */
export const whyOf = ({ look, session }: Organization): string => {
  const t = words.value;
  const { lastError, duplicateOf, pairing, credentials } = session;
  if (duplicateOf !== null) return t.why.duplicate(duplicateOf);
  if (look === 'pair') return pairing === null ? '' : t.why.pairing(shortTime(Date.parse(pairing.expiresAt)));
  if (session.liveness === 'deaf') return t.why.deaf;
  if (session.liveness === 'suspect') return t.why.suspect;
  if (session.state === 'connected' || session.state === 'restoring') return '';
  if (session.state === 'idle' && credentials === 'unsettled') return t.why.unsettled;
  if (session.state === 'idle' && credentials === 'unreadable') return t.why.unreadable;
  return lastError === null ? '' : t.reasons[lastError.reason].summary;
};
/** Its first sentence, for a row of the table. */
export const firstSentence = (text: string): string =>
  /^.*?[.:](?=\s|$)/.exec(text)?.[0].replace(/:$/, '.') ?? text;
/** What a person should do; empty when no person is needed. */
export const adviceOf = ({ session }: Organization): string => {
  const t = words.value;
  const { attention, lastError } = session;
  if (attention === null) return '';
  const isOfReason = session.state === 'failed' && lastError !== null && session.duplicateOf === null;
  return isOfReason ? t.reasons[lastError.reason].action : t.advice[attention.action];
};
/** The state as a sentence, where no reason explains it. */
export const stateSentenceOf = ({ look, session }: Organization): string =>
  look === 'none' && !isUnlinked(session) ? words.value.looks.queued : words.value.looks[look];
