/** How the doctor describes one finding. */
export type Level = 'ok' | 'warn' | 'fail';
export interface Text {
  readonly level: Level;
  readonly about: 'machine' | 'directory' | 'organization';
  readonly means: string;
  /** '' when there is nothing to do. */
  readonly action: string;
}
export const text =
  (level: Level, about: Text['about']) =>
  (means: string, action = ''): Text => ({ level, about, means, action });
