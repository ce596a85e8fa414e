/** The viewer's language, theme and keys, kept by the browser. Nothing else is kept beyond the tab. */
import { effect, signal } from '@preact/signals';

export const languages = ['en', 'es', 'pt'] as const;
export type Language = (typeof languages)[number];
export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const read = (name: string): string | null => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // the browser forbids it: the preference lasts as long as the page
  }
};
const write = (name: string, value: string): void => {
  try {
    localStorage.setItem(name, value);
  } catch {
    // as above
  }
};
const oneOf = <T extends string>(all: readonly T[], value: string | null | undefined): T | undefined =>
  all.find((one) => one === value);

const preferred = (): Language => {
  for (const tag of navigator.languages) {
    const found = oneOf(languages, tag.slice(0, 2).toLowerCase());
    if (found) return found;
  }
  return 'en';
};

export const language = signal<Language>(oneOf(languages, read('vigia.language')) ?? preferred());
export const theme = signal<Theme>(oneOf(themes, read('vigia.theme')) ?? 'system');

/** Whether single keys work. */
export const shortcutsOn = signal(read('vigia.keys') !== 'off');

effect(() => write('vigia.keys', shortcutsOn.value ? 'on' : 'off'));
effect(() => {
  document.documentElement.lang = language.value;
  write('vigia.language', language.value);
});
effect(() => {
  if (theme.value === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
  write('vigia.theme', theme.value);
});
