/** The server behind the examples of the documentation: three organizations, and a fixed clock. */
import { reasonTexts } from '../../src/protocol/reasons.ts';
import { alertLike, at, startHarness, viewOf } from '../control/harness.ts';

const qrEndsAt = at + 20_000;
const pairing = { id: 'pair-k3VmZ0a1b2c3d4e5', method: 'qr', expiresAt: at + 180_000 } as const;

export const startExampleServer = async () => {
  const harness = await startHarness(
    {
      server: {
        version: '0.1.0',
        startedAt: at,
        database: () => 'durable',
        settings: [{ name: 'PORT', value: 3_000, from: 'default' }],
      },
      history: {
        page: (org) => ({
          items:
            org === 'acme'
              ? [
                  {
                    n: 41,
                    at: at - 3_600_000,
                    from: 'restoring',
                    to: 'connected',
                    cause: 'connection.caughtUp',
                    reason: null,
                    attempt: 0,
                    desired: 'running',
                    liveness: 'healthy',
                    revision: 7,
                    nextRetryAt: null,
                  },
                ]
              : [],
          next: null,
        }),
      },
    },
    [
      viewOf('acme', { since: at - 3_600_000 }),
      viewOf('beta', {
        state: 'pairing',
        liveness: null,
        credentials: 'unpaired',
        account: null,
        lastConnectedAt: null,
        pairing,
      }),
      viewOf('gamma', {
        state: 'failed',
        liveness: null,
        credentials: 'revoked',
        attempt: 1,
        lastError: { reason: 'revoked', statusCode: 401, at },
      }),
    ],
  );
  harness.stub.alerts.set(
    '5f0c2b9a41d87e63',
    alertLike({ fingerprint: '5f0c2b9a41d87e63', orgId: 'gamma', ...reasonTexts.revoked }),
  );
  harness.stub.pairings.set('beta', {
    status: 'qr',
    pairingId: pairing.id,
    qr: '2@mJ8o…,k1Zx…,q0Wn…,b7Rt…',
    attempt: 1,
    expiresAt: qrEndsAt,
  });
  harness.stub.answer = (org, { type }) => {
    const session = harness.sessions.get(org);
    if (session === undefined) return { ok: false, kind: 'not_found' };
    if (type === 'session.logout')
      return { ok: true, session: null, changed: true, durable: true, unlinked: true };
    return { ok: true, session, changed: true, durable: true };
  };
  return harness;
};
