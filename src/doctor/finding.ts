/** One finding of the doctor: an entry of the table, with the details of this case. */
import { type Code, type Level, textOf } from './codes.ts';

export interface Finding {
  readonly level: Level;
  readonly code: Code;
  /** What the doctor found, with the details of this case. */
  readonly message: string;
  /** What to do; null when there is nothing to do. */
  readonly action: string | null;
}

/**
 * `details` are appended to the text of the table, in brackets. `action` replaces the action of the table by
 * an exact one.
 */
export const finding = (code: Code, details = '', action?: string): Finding => {
  const { level, means, action: general } = textOf(code);
  const todo = action ?? general;
  return {
    level,
    code,
    message: details === '' ? means : `${means.replace(/\.$/u, '')} (${details}).`,
    action: todo === '' ? null : todo,
  };
};
