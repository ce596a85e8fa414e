/** What the customer sees in each phase. Each screen has one heading, and the focus goes to a new one. */
import type { Attempt, LinkState, start } from './api.ts';
import { button, element, list, picture, ring, sign } from './elements.ts';
import type { Words } from './words.ts';

const secondMs = 1_000;
const root = document.getElementById('link') as HTMLElement;
let countdown: number | undefined;
/** Kept through a refusal, so that nothing has to be typed twice. */
let typedNumber = '';

const show = (words: Words, step: number, ...content: readonly Node[]): void => {
  clearInterval(countdown);
  const steps = words.progress.map((label, n) =>
    element(
      'li',
      { ...(n <= step && { class: 'past' }), ...(n === step && { 'aria-current': 'step' }) },
      label,
    ),
  );
  const heading = root.querySelector('h1')?.textContent;
  const hadFocus = root.contains(document.activeElement);
  const progress = step < 0 ? [] : [element('ol', { class: 'progress' }, ...steps)];
  root.replaceChildren(...progress, ...content);
  const title = root.querySelector('h1');
  if (title && (hadFocus || (heading !== undefined && title.textContent !== heading))) {
    title.tabIndex = -1;
    title.focus(); // the screen is another one: screen readers begin at its heading
  }
};
const text = (name: 'h1' | 'p', content: string, kind = '') =>
  element(name, kind === '' ? {} : { class: kind }, content);
const columns = (left: readonly Node[], right: readonly Node[]) =>
  element('div', { class: 'columns' }, element('div', {}, ...left), element('div', {}, ...right));

type Method = 'qr' | 'code';
interface Ready {
  readonly method: Method;
  /** How the last attempt ended. */
  readonly failure: string | undefined;
  readonly refusal: string | undefined;
  readonly choose: (method: Method) => void;
  readonly begin: (order: Parameters<typeof start>[0]) => Promise<void>;
}
const phoneForm = (words: Words, begin: Ready['begin']): Node => {
  const input = element('input', {
    id: 'phone',
    type: 'tel',
    autocomplete: 'tel',
    inputmode: 'tel',
    'aria-describedby': 'phone-help',
  });
  input.value = typedNumber;
  const submit = element('button', { type: 'submit' }, words.showCode);
  const help = element('p', { class: 'soft small', id: 'phone-help' }, words.phoneHelp);
  const form = element('form', {}, element('label', { for: 'phone' }, words.phone), input, help, submit);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    typedNumber = input.value;
    const digits = input.value.replace(/\D/g, '').replace(/^0+/, '');
    if (digits.length < 7 || digits.length > 15) return input.focus();
    submit.disabled = true;
    void begin({ method: 'code', phoneNumber: digits });
  });
  return form;
};
const chooser = (words: Words, { method, choose }: Ready): Node => {
  const one = (value: Method, label: string) => {
    const made = button(label, () => choose(value), 'choice');
    made.setAttribute('aria-pressed', String(value === method));
    return made;
  };
  return element('div', { class: 'chooser' }, one('qr', words.otherPhone), one('code', words.thisPhone));
};
export const showReady = (words: Words, state: LinkState, ready: Ready): void => {
  const { method, failure, refusal, begin } = ready;
  const startQr: HTMLButtonElement = button(failure ? words.again : words.begin, () => {
    startQr.disabled = true;
    void begin({ method: 'qr' });
  });
  const problem = refusal === undefined ? [] : [element('p', { class: 'problem', role: 'alert' }, refusal)];
  show(
    words,
    0,
    text('h1', failure ?? words.title(state.name)),
    ...(state.method === null ? [chooser(words, ready)] : []),
    method === 'qr' ? list(words.qrSteps) : list(words.codeSteps.slice(0, 2)),
    ...problem,
    method === 'qr' ? startQr : phoneForm(words, begin),
    text('p', words.allows, 'foot'),
  );
};

/** Counts down to the next QR. The whole of the ring is what was left when it was drawn. */
const timer = (words: Words, expiresAt: string, set: (left: number) => void): Node => {
  const label = element('p', { class: 'centre soft small' });
  const wholeMs = Math.max(secondMs, Date.parse(expiresAt) - Date.now());
  const tick = () => {
    const leftMs = Math.max(0, Date.parse(expiresAt) - Date.now());
    set(leftMs / wholeMs);
    label.textContent = words.nextIn(Math.ceil(leftMs / secondMs));
  };
  tick();
  countdown = window.setInterval(tick, secondMs);
  return label;
};
const copyButton = (words: Words, code: string): Node => {
  const made: HTMLButtonElement = button(words.copy, () => {
    const copied = () => made.replaceChildren(words.copied);
    navigator.clipboard.writeText(code).then(copied, () => undefined); // it can be selected and typed as well
  });
  return made;
};
/** `again`: leads back to the choice of the way and the number. */
export const showWaiting = (
  words: Words,
  name: string | null,
  { qr, code }: Attempt,
  again?: () => void,
): void => {
  const heading = text('h1', words.title(name));
  const foot = text('p', words.allows, 'foot');
  const back = again ? [button(words.again, again, 'choice')] : [];
  const shown = qr ?? code;
  if (!shown) return show(words, 0, heading, text('p', words.preparing), ...back, foot);
  const { node, set } = ring();
  const box = qr
    ? element('div', { class: 'plate' }, picture(qr.svg, words.qrAlt), node)
    : element('div', { class: 'plate code-plate' }, text('p', code?.text ?? '', 'code'), node);
  const copy = code ? [copyButton(words, code.text)] : [];
  const steps = list(qr ? words.qrSteps : words.codeSteps);
  show(words, 0, heading); // stops the countdown of the screen before
  const left = timer(words, shown.expiresAt, set);
  root.append(columns([box, ...copy, left], [steps, ...back, foot]));
};
export const showLinking = (words: Words): void =>
  show(words, 1, sign('linking'), text('h1', words.linking), text('p', words.allows, 'foot'));

type Ended = Exclude<LinkState['status'], 'open'>;
/** How the link ended, or a sentence about why nothing is shown. */
export const showEnd = (words: Words, how: Ended | (string & {}), returnUrl: string | null = null): void => {
  if (how !== 'completed') {
    const known = Object.hasOwn(words.ended, how) ? words.ended[how as keyof Words['ended']] : how;
    return show(words, -1, sign('ended'), text('h1', known));
  }
  const back = returnUrl === null ? [] : [element('a', { class: 'button', href: returnUrl }, words.goBack)];
  show(words, 2, sign('done'), text('h1', words.done), text('p', words.doneAdvice), ...back);
};
