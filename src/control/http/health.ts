/**
 * `/livez` and `/readyz` for those who start and stop programs. Without a key, so they name no organization and tell nothing that
 * helps a stranger.
 */
/** `warn`: worse than it should be, but no reason to send nobody here. `detail` is a sentence, or one word of a closed list. */
export interface Check {
  readonly name: string;
  readonly status: 'pass' | 'warn' | 'fail';
  readonly detail?: string;
}
export interface Health {
  /** Does it work at all? Should it be restarted? Never about WhatsApp. */
  live(): readonly Check[];
  /** May somebody be sent here? */
  ready(): readonly Check[];
}
export const passes = (checks: readonly Check[]): boolean => checks.every(({ status }) => status !== 'fail');

/** The status and the body for a request's address: with `?verbose` every check is shown, otherwise only what comes of them. */
export const healthAnswer = (
  address: string | undefined,
  checks: readonly Check[],
  [well, unwell]: readonly [string, string],
): { readonly status: 200 | 503; readonly body: object } => {
  const isWell = passes(checks);
  const isVerbose = new URL(address ?? '', 'http://localhost').searchParams.has('verbose');
  return { status: isWell ? 200 : 503, body: { status: isWell ? well : unwell, ...(isVerbose && { checks }) } };
};
