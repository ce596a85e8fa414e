/** One finding of the doctor: an entry of the table, with the details of this case. */
import { type Code, type Level, textOf } from './codes.ts';

export interface Finding {
  readonly level: Level;
  readonly code: Code;
  /** What the doctor found, with the details of this case. */
  readonly message: string;
  /** What to do; null when there is nothing to do. */
  readonly action: string | null;
  /** The command that mends it, when there is an exact one. */
  readonly mend?: Mend;
}
/** A command that takes several targets, so that one mends the findings of many organizations. */
export interface Mend {
  /** Without its target: `chmod -R u=rwX,go=`. */
  readonly command: string;
  readonly target: string;
  /** The target that stands for all of them. */
  readonly every: string;
}

/**
 * `details` are appended to the text of the table, in brackets. `exact` replaces the action of the table by
 * another one, or by a command.
 */
export const finding = (code: Code, details = '', exact?: string | Mend): Finding => {
  const { level, means, action: general } = textOf(code);
  const mend = typeof exact === 'object' ? exact : undefined;
  const other = typeof exact === 'string' ? exact : general;
  const todo = mend ? `${mend.command} ${mend.target}` : other;
  return {
    level,
    code,
    message: details === '' ? means : `${means.replace(/\.$/u, '')} (${details}).`,
    action: todo === '' ? null : todo,
    ...(mend && { mend }),
  };
};
