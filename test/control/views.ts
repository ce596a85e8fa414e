/** Views of sessions, for stubs of the supervisor. */
import type { SessionView } from '../../machines/domain/view.ts';

export const at = Date.UTC(2026, 10, 24, 3, 40);

export const viewOf = (org: string, over: Partial<SessionView> = {}): SessionView => ({
  org,
  state: 'connected',
  step: null,
  desired: 'running',
  credentials: 'restorable',
  liveness: 'healthy',
  writable: true,
  revision: 7,
  since: at,
  attempt: 0,
  maxAttempts: 10,
  nextRetryAt: null,
  lastConnectedAt: at,
  lastError: null,
  account: { id: '34600111222:3@s.whatsapp.net', name: 'Óptica' },
  duplicateOf: null,
  pairing: null,
  ...over,
});
