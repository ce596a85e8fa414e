import type { Reason } from './reason.ts';
import { forTypeScript } from './typescript.ts';
import { ways } from './ways.ts';
import { words } from './words.ts';

export const reasons: readonly Reason[] = [...forTypeScript, ...words, ...ways];
