/** The words of the present language. */
import { computed } from '@preact/signals';
import { type Language, language } from '../state/preferences.ts';
import type { Dictionary } from './dictionary.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { pt } from './pt.ts';

const dictionaries: Readonly<Record<Language, Dictionary>> = { en, es, pt };
/** Components read `words.value`, so that they change with the language. */
export const words = computed(() => dictionaries[language.value]);

/** `es-419`: Latin America's Spanish; the operators of this field live there. */
const locales: Readonly<Record<Language, string>> = { en: 'en-GB', es: 'es-419', pt: 'pt-BR' };
export const locale = computed(() => locales[language.value]);
const numbers = computed(() => new Intl.NumberFormat(locale.value));
export const count = (n: number): string => numbers.value.format(n);
