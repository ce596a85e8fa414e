/** The symbols of `index.html`. They are decoration: a word always stands beside them. */
export type IconName =
  | 'ok'
  | 'suspect'
  | 'deaf'
  | 'queued'
  | 'connecting'
  | 'verifying'
  | 'pair'
  | 'wait'
  | 'bad'
  | 'held'
  | 'stop'
  | 'none'
  | 'more'
  | 'sort'
  | 'fleet'
  | 'bell'
  | 'send'
  | 'key'
  | 'server'
  | 'x'
  | 'lost'
  | 'mark';

export const Icon = ({ name, tone }: { name: IconName; tone?: string | undefined }) => (
  <svg class={tone === undefined ? 'ic' : `ic c-${tone}`} aria-hidden="true">
    <use href={`#i-${name}`} />
  </svg>
);
