/**
 * The scopes of a key, one for each kind of harm. A QR lets a person link their own phone to an organization,
 * and a logout cannot be undone, so these have scopes of their own. `admin` includes every other scope.
 */
import { z } from 'zod';

export const scopes = [
  'sessions:read',
  'sessions:control',
  'sessions:pair',
  'sessions:logout',
  'messages:read',
  'messages:send',
  'alerts:read',
  'alerts:write',
  'webhooks:admin',
  'keys:write',
  'metrics:read',
  'admin',
] as const;
export const Scope = z.enum(scopes);
export type Scope = z.infer<typeof Scope>;

/** The topics of a subscription, and the scope that each needs. */
export const topicScopes = {
  sessions: 'sessions:read',
  pairing: 'sessions:pair',
  alerts: 'alerts:read',
  messages: 'messages:read',
} as const satisfies Record<string, Scope>;
export const Topic = z.enum(
  Object.keys(topicScopes) as [keyof typeof topicScopes, ...(keyof typeof topicScopes)[]],
);
export type Topic = z.infer<typeof Topic>;
