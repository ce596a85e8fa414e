/**
 * What a key may be allowed to do. One scope for each kind of harm: whoever sees a QR can bind their own
 * phone to a tenant, and whoever logs out cannot undo it, so these stand apart. `admin` includes every other
 * scope.
 */
import { z } from 'zod';

export const scopes = [
  'sessions:read',
  'sessions:control',
  'sessions:pair',
  'sessions:logout',
  'alerts:read',
  'alerts:write',
  'webhooks:admin',
  'metrics:read',
  'admin',
] as const;
export const Scope = z.enum(scopes);
export type Scope = z.infer<typeof Scope>;

/** What one can subscribe to, and the scope each needs. */
export const topicScopes = {
  sessions: 'sessions:read',
  pairing: 'sessions:pair',
  alerts: 'alerts:read',
} as const satisfies Record<string, Scope>;
export const Topic = z.enum(
  Object.keys(topicScopes) as [keyof typeof topicScopes, ...(keyof typeof topicScopes)[]],
);
export type Topic = z.infer<typeof Topic>;
