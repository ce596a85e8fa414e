/** What the tab and a screen reader are told without looking: how many need a person, and which are new. */
import { effect } from '@preact/signals';
import { words } from '../i18n/words.ts';
import { announce } from '../parts/announcer.tsx';
import { fleet, isLoaded } from './fleet.ts';

let known: ReadonlySet<string> | undefined;

export const watchAttention = (): void => {
  effect(() => {
    const bad = fleet.value.filter(({ look }) => look === 'bad');
    document.title = bad.length === 0 ? 'Vigía' : `(${bad.length}) Vigía`;
    if (!isLoaded.value) {
      known = undefined;
      return;
    }
    const fresh = known === undefined ? [] : bad.filter(({ id }) => known?.has(id) === false);
    const [first] = fresh;
    if (first) announce(words.peek().need.new(first.name, fresh.length - 1));
    known = new Set(bad.map(({ id }) => id));
  });
};
