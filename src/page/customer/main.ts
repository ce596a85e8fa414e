/**
 * The page that a customer opens by a pairing link: what to do, the QR or the code, how far it is, and how it
 * ended. It asks the server every two seconds, and draws again only what changed.
 */
import { type Answer, type Attempt, fetchState, type LinkState, start } from './api.ts';
import { button, element, list, picture, ring } from './elements.ts';
import { languageFor, type Words, wordsOf } from './words.ts';

const everyMs = 2_000;
const secondMs = 1_000;
const root = document.getElementById('link') as HTMLElement;
const onPhone = matchMedia('(pointer: coarse)').matches;
let method: 'qr' | 'code' = onPhone ? 'code' : 'qr';
let drawn = '';
let countdown: number | undefined;

const show = (words: Words, step: number, ...content: readonly Node[]): void => {
  const steps = words.progress.map((text, n) =>
    element('li', n === step ? { 'aria-current': 'step' } : {}, text),
  );
  const heading = root.querySelector('h1')?.textContent;
  root.replaceChildren(element('ol', { class: 'progress' }, ...steps), ...content);
  const title = root.querySelector('h1');
  if (heading !== undefined && title && title.textContent !== heading) {
    title.tabIndex = -1;
    title.focus(); // the screen is another one: screen readers begin at its heading
  }
};
const text = (name: 'h1' | 'p', content: string, kind = '') =>
  element(name, kind === '' ? {} : { class: kind }, content);
const final = (words: Words, message: string): void => show(words, -1, text('h1', message));

const begin = async (order: Parameters<typeof start>[0], pressed: HTMLButtonElement): Promise<void> => {
  pressed.disabled = true;
  draw(await start(order));
};
const phoneForm = (words: Words): Node => {
  const input = element('input', { id: 'phone', type: 'tel', autocomplete: 'tel', inputmode: 'tel' });
  const form = element('form', {}, element('label', { for: 'phone' }, words.phone), input);
  const submit = element('button', { type: 'submit' }, words.showCode);
  form.append(text('p', words.phoneHelp, 'soft'), submit);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const digits = input.value.replace(/\D/g, '').replace(/^0+/, '');
    if (digits.length < 7 || digits.length > 15) return input.focus();
    void begin({ method: 'code', phoneNumber: digits }, submit);
  });
  return form;
};
const chooser = (words: Words, state: LinkState): readonly Node[] => {
  if (state.method !== null) return [];
  const other = method === 'qr' ? 'code' : 'qr';
  const label = other === 'qr' ? words.otherPhone : words.thisPhone;
  const choose = () => {
    method = other;
    drawn = '';
    draw({ kind: 'state', state });
  };
  return [element('p', {}, button(label, choose, 'quiet'))];
};
const ready = (words: Words, state: LinkState, note: string | undefined): void => {
  const isQr = method === 'qr';
  const startQr: HTMLButtonElement = button(
    note ? words.again : words.begin,
    () => void begin({ method: 'qr' }, startQr),
  );
  show(
    words,
    0,
    text('h1', note ?? words.title(state.name)),
    text('p', words.allows, 'soft'),
    isQr ? list(words.qrSteps) : list(words.codeSteps.slice(0, 2)),
    isQr ? startQr : phoneForm(words),
    ...chooser(words, state),
  );
};

/** Counts down to the next QR. The whole of the ring is a minute, or what was left when it was drawn. */
const timer = (words: Words, expiresAt: string): Node => {
  const { node, set } = ring();
  const label = element('p', { class: 'centre soft' });
  const wholeMs = Math.max(secondMs, Date.parse(expiresAt) - Date.now());
  const tick = () => {
    const leftMs = Math.max(0, Date.parse(expiresAt) - Date.now());
    set(leftMs / wholeMs);
    label.textContent = words.nextIn(Math.ceil(leftMs / secondMs));
  };
  tick();
  countdown = window.setInterval(tick, secondMs);
  return element('div', {}, node, label);
};
const waiting = (words: Words, state: LinkState, { qr, code }: Attempt): void => {
  const heading = text('h1', words.title(state.name));
  if (code)
    return show(
      words,
      0,
      heading,
      list(words.codeSteps),
      text('p', code.text, 'code'),
      timer(words, code.expiresAt),
    );
  if (!qr) return show(words, 0, heading, text('p', words.preparing));
  const plate = element('div', { class: 'plate' }, picture(qr.svg, words.qrAlt));
  show(words, 0, heading, list(words.qrSteps), plate, timer(words, qr.expiresAt));
};
const done = (words: Words, { returnUrl }: LinkState): void => {
  const back = returnUrl === null ? [] : [element('a', { class: 'button', href: returnUrl }, words.goBack)];
  show(words, 2, text('h1', words.done), text('p', words.doneAdvice), ...back);
};

const drawState = (words: Words, state: LinkState): void => {
  if (state.method !== null) method = state.method;
  if (state.status === 'completed') return done(words, state);
  if (state.status !== 'open') return final(words, words.ended[state.status]);
  const { attempt } = state;
  if (attempt?.phase === 'waiting') return waiting(words, state, attempt);
  if (attempt?.phase === 'linking') return show(words, 1, text('h1', words.linking));
  const known = attempt && Object.hasOwn(words.failed, attempt.reason ?? '');
  const reason = known ? (attempt.reason as keyof Words['failed']) : 'other';
  ready(words, state, attempt ? words.failed[reason] : undefined);
};
const refusalOf = (words: Words, code: string, message: string): string => {
  if (code === 'link_in_use') return words.ended.in_use;
  return code === 'link_unknown' || code === 'invalid_params' ? words.ended.unknown : message;
};
/** A typed number and the focus stay while nothing changes, because nothing is drawn again. */
const draw = (answer: Answer): void => {
  const content = JSON.stringify(answer);
  if (content === drawn) return;
  drawn = content;
  clearInterval(countdown);
  const asked = answer.kind === 'state' ? answer.state.language : null;
  const language = languageFor(asked, navigator.languages);
  const words = wordsOf(language);
  document.documentElement.lang = language;
  if (answer.kind === 'lost') return final(words, words.lost);
  if (answer.kind === 'refused') return final(words, refusalOf(words, answer.code, answer.message));
  document.title = words.title(answer.state.name);
  drawState(words, answer.state);
};

const ask = async (): Promise<void> => {
  const answer = await fetchState();
  draw(answer);
  const isOver = answer.kind === 'state' && answer.state.status !== 'open';
  if (!isOver) setTimeout(() => void ask(), everyMs);
};
void ask();
