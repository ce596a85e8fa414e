/** Views of sessions for the explanation: every state and reason, also those that do not meet. */
import { reasons } from '../../machines/domain/disconnect.ts';
import { livenesses, type SessionView, states } from '../../machines/domain/view.ts';
import { viewOf } from '../control/harness.ts';

export const now = Date.UTC(2026, 0, 12, 3, 35);

/**
 * Every state with every reason (also those that do not meet), wanted and stopped, with and without a time,
 * alone and not.
 */
export const views: SessionView[] = states.flatMap((state) =>
  [undefined, ...reasons].flatMap((reason) =>
    (['running', 'stopped'] as const).flatMap((desired) =>
      [null, now - 5_000, now + 90_000].flatMap((nextRetryAt) =>
        (['restorable', 'unpaired', 'corrupt'] as const).map((credentials, n) =>
          viewOf('acme', {
            state,
            desired,
            credentials,
            nextRetryAt,
            since: now - 3_600_000 * n,
            step:
              state === 'restoring' ? ((['queued', 'connecting', 'verifying'] as const)[n] ?? null) : null,
            liveness: state === 'connected' ? (livenesses[n] ?? null) : null,
            attempt: n,
            lastError:
              reason === undefined ? null : { reason, at: now - 1_000, ...(n === 1 && { statusCode: 503 }) },
            duplicateOf: n === 2 && state === 'failed' ? '2' : null,
            pairing:
              state === 'pairing'
                ? { id: 'p', method: n === 0 ? 'code' : 'qr', expiresAt: now + 60_000 }
                : null,
          }),
        ),
      ),
    ),
  ),
);
export const name = (v: SessionView) =>
  `${v.state} ${v.desired} ${v.lastError?.reason} ${v.credentials} ${v.nextRetryAt}`;
