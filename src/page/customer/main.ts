/**
 * The page that a customer opens by a pairing link: what to do, the QR or the code, how far it is, and how it
 * ended. It asks the server every two seconds, and draws again only what changed.
 */
import { type Answer, fetchState, type LinkState, start } from './api.ts';
import { showEnd, showLinking, showReady, showWaiting } from './screens.ts';
import { languageFor, type Words, wordsOf } from './words.ts';

const everyMs = 2_000;
/** One answer that does not come is a hiccup, and leaves the screen as it is. */
const missesBeforeLost = 2;
const onPhone = matchMedia('(pointer: coarse)').matches;

let method: 'qr' | 'code' = onPhone ? 'code' : 'qr';
let state: LinkState | undefined;
/** Why the last start was refused. It stays until the customer starts again, or a pairing runs. */
let refusal: string | undefined;
let isStarting = false;
/** The customer leaves the QR or the code of the running pairing, for the other way or another number. */
let isChoosing = false;
let misses = 0;
let drawn = '';

const words = (): Words => wordsOf(languageFor(state?.language ?? null, navigator.languages));
const ends = new Set(['link_unknown', 'link_in_use', 'invalid_params', 'too_many_failures']);
const sentenceOf = (code: string, message: string): string => {
  const { ended, refused } = words();
  if (code === 'link_in_use') return ended.in_use;
  if (code === 'link_unknown' || code === 'invalid_params') return ended.unknown;
  return Object.hasOwn(refused, code) ? refused[code as keyof Words['refused']] : message;
};

const begin = async (order: Parameters<typeof start>[0]): Promise<void> => {
  isStarting = true;
  refusal = undefined;
  const answer = await start(order);
  isStarting = false;
  isChoosing = false;
  receive(answer, true);
};
const choose = (other: 'qr' | 'code'): void => {
  method = other;
  refusal = undefined;
  draw();
};
const chooseAgain = (): void => {
  isChoosing = true;
  draw();
};
const drawState = (present: LinkState): void => {
  const w = words();
  const { status, attempt, startsLeft } = present;
  if (status !== 'open') return showEnd(w, status, present.returnUrl);
  if (attempt?.phase === 'waiting' && !isChoosing) {
    const canChoose = present.method !== 'qr' && startsLeft > 0;
    return showWaiting(w, present.name, attempt, canChoose ? chooseAgain : undefined);
  }
  if (attempt?.phase === 'linking') return showLinking(w);
  const reason = Object.hasOwn(w.failed, attempt?.reason ?? '') ? attempt?.reason : 'other';
  const failure = attempt?.phase === 'failed' ? w.failed[reason as keyof Words['failed']] : undefined;
  showReady(w, present, { method, failure, refusal, choose, begin });
};
/** A typed number and the focus stay while nothing changes, because nothing is drawn again. */
const draw = (): void => {
  if (state === undefined) return;
  const content = JSON.stringify([state, method, refusal, isChoosing]);
  if (content === drawn) return;
  drawn = content;
  const w = words();
  document.documentElement.lang = languageFor(state.language, navigator.languages);
  document.title = w.title(state.name);
  drawState(state);
};
const over = (sentence: string): void => {
  drawn = '';
  document.documentElement.lang = languageFor(state?.language ?? null, navigator.languages);
  showEnd(words(), sentence);
};

/** `isStart`: the answer to a start. Its refusal stays on the screen, beside the button. */
const receive = (answer: Answer, isStart: boolean): void => {
  misses = answer.kind === 'lost' ? misses + 1 : 0;
  if (answer.kind === 'state') {
    state = answer.state;
    if (state.method !== null) method = state.method;
    if (state.attempt !== null && state.attempt.phase !== 'failed') refusal = undefined;
    return draw();
  }
  if (answer.kind === 'refused' && ends.has(answer.code))
    return over(sentenceOf(answer.code, answer.message));
  if (isStart && state !== undefined) {
    refusal = answer.kind === 'lost' ? words().lost : sentenceOf(answer.code, answer.message);
    drawn = '';
    return draw();
  }
  if (misses >= missesBeforeLost || state === undefined) over(words().lost);
};

const ask = async (): Promise<void> => {
  const answer = isStarting ? undefined : await fetchState();
  // what was asked before a start says nothing about it
  if (answer !== undefined && !isStarting) receive(answer, false);
  const isOver = state !== undefined && state.status !== 'open';
  if (!isOver) setTimeout(() => void ask(), everyMs);
};
void ask();
