/** A request that is rejected before it reaches the protocol, at the upgrade or over HTTP. */
export interface Rejection {
  readonly ok: false;
  readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 411 | 413 | 415 | 426 | 429 | 431 | 503;
  /** A stable slug. */
  readonly code: string;
  /** For a person. */
  readonly message: string;
  /** For the header `Retry-After`. */
  readonly retryAfterMs?: number | undefined;
  /** For the header `Allow`. */
  readonly allow?: string;
}
export const reject = (
  status: Rejection['status'],
  code: string,
  message: string,
  retryAfterMs?: number,
): Rejection => ({
  ok: false,
  status,
  code,
  message,
  retryAfterMs,
});
export const invalidKey = reject(401, 'unauthenticated', 'The API key is missing or not valid.');
export const tooManyFailures = (waitMs: number): Rejection =>
  reject(429, 'too_many_failures', 'Too many wrong keys came from this address: wait.', waitMs);
/** The sentence about an `Authorization` that is of another scheme, such as a proxy's `Basic`. */
export const aboutScheme = (scheme: string | undefined): string =>
  scheme === undefined ? '' : ` The header Authorization has the scheme ${scheme}, which holds no API key.`;
export const noKey = (advice: string, otherScheme: string | undefined): Rejection =>
  reject(401, 'unauthenticated', `${advice}${aboutScheme(otherScheme)}`);

/** Further headers of the answer. */
export const headersOf = ({
  status,
  retryAfterMs,
  allow,
}: Pick<Rejection, 'retryAfterMs' | 'allow'> & { readonly status: number }): Readonly<
  Record<string, string>
> => {
  const headers: Record<string, string> = {};
  if (status === 401) headers['www-authenticate'] = 'Bearer'; // RFC 9110 §15.5.2
  if (status === 426) headers['upgrade'] = 'websocket'; // RFC 9110 §15.5.22
  if (allow !== undefined) headers['allow'] = allow;
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(retryAfterMs / 1_000));
  return headers;
};
export const bodyOf = ({ code, message }: Rejection): object => ({ error: { code, message } });
