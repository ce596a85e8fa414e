/**
 * The keys of the page. None works while something is typed, in a dialog, or when the viewer switched them
 * off (WCAG 2.1.4). A button that a key presses names it in `aria-keyshortcuts`.
 */
import { signal } from '@preact/signals';
import { may } from './link.ts';
import { shortcutsOn } from './preferences.ts';
import { go, route, type Screen, scopeOf } from './route.ts';

/** After G: the screen of the next letter. */
export const screenKeys: Readonly<Record<string, Exclude<Screen, 'org'>>> = {
  f: 'fleet',
  a: 'alerts',
  d: 'deliveries',
  k: 'keys',
  s: 'server',
};
/** How long the letter after G may take. */
const sequenceMs = 1_500;
export const isHelpShown = signal(false);
let sequenceEnds = 0;

const isTyping = ({ target }: KeyboardEvent): boolean =>
  target instanceof HTMLElement && target.matches('input, select, textarea');
const focusNext = (selector: string, step: number): void => {
  const all = [...document.querySelectorAll<HTMLElement>(selector)];
  const at = all.indexOf(document.activeElement as HTMLElement);
  all[Math.max(0, Math.min(all.length - 1, at + step))]?.focus();
};
/** The button of the focused row. Outside of a row, that of the whole screen, and never that of some row. */
const buttonFor = (key: string): HTMLElement | null => {
  const selector = `[aria-keyshortcuts="${key}"]:not(:disabled)`;
  const row = document.activeElement?.closest('tr[data-org], .need li, .al li');
  return (row ?? document).querySelector<HTMLElement>(row ? selector : `:is(.pg, .bar) ${selector}`);
};
const press = (key: string): void => {
  const button = buttonFor(key);
  if (!(button instanceof HTMLSelectElement)) return button?.click();
  button.focus();
  button.showPicker();
};
const actions: Readonly<Record<string, () => void>> = {
  '/': () => document.getElementById('search')?.focus(),
  j: () => focusNext('.fleet .org a', 1),
  k: () => focusNext('.fleet .org a', -1),
  n: () => focusNext('.need li > a:first-child', 1),
  p: () => press('p'),
  r: () => press('r'),
  s: () => press('s'),
  g: () => {
    sequenceEnds = Date.now() + sequenceMs;
  },
  '?': () => {
    isHelpShown.value = true;
  },
  escape: () => {
    if (route.value.screen !== 'fleet') go('fleet');
  },
};

export const onKey = (event: KeyboardEvent): void => {
  if (!shortcutsOn.value || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector('dialog[open]')) return;
  const key = event.key.toLowerCase();
  const isSecond = Date.now() < sequenceEnds;
  sequenceEnds = 0;
  const screen = isSecond ? screenKeys[key] : undefined;
  if (screen !== undefined) {
    if (may(scopeOf[screen])) go(screen);
    return;
  }
  const action = actions[key];
  if (action === undefined) return;
  event.preventDefault();
  action();
};
