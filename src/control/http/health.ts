/**
 * `/livez` and `/readyz`, for programs that start and stop this one. They need no key, so they name no
 * organization and reveal nothing that helps an attacker.
 */
/**
 * `warn`: degraded, but no reason to stop routing traffic here. `detail` is a sentence, or one word of a
 * closed list.
 */
export interface Check {
  readonly name: string;
  readonly status: 'pass' | 'warn' | 'fail';
  readonly detail?: string;
}
export interface Health {
  /** Whether the process works, or should be restarted. It never depends on WhatsApp. */
  live(): readonly Check[];
  /** Whether traffic may be routed to this instance. */
  ready(): readonly Check[];
}
export const passes = (checks: readonly Check[]): boolean => checks.every(({ status }) => status !== 'fail');

/** The words for the whole, in the body. */
export interface HealthWords {
  readonly pass: string;
  readonly fail: string;
}
/** The answer to a request for `address`. With `?verbose` it shows every check, otherwise only the result. */
export const healthAnswer = (
  address: string | undefined,
  checks: readonly Check[],
  words: HealthWords,
): { readonly status: 200 | 503; readonly body: object } => {
  const isPassing = passes(checks);
  const status = isPassing ? words.pass : words.fail;
  const isVerbose = new URL(address ?? '', 'http://localhost').searchParams.has('verbose');
  return { status: isPassing ? 200 : 503, body: isVerbose ? { status, checks } : { status } };
};
