/**
 * Every method: its params, its result, and the scope it needs. Params are strict (a misspelt `force` is
 * refused, not ignored). Results may grow, and clients ignore unknown fields. Each domain has a file of its
 * own in `methods/`.
 */
import type { z } from 'zod';
import { alertMethods } from './methods/alerts.ts';
import { connectionMethods } from './methods/connection.ts';
import { contactMethods } from './methods/contacts.ts';
import { historyMethods } from './methods/history.ts';
import { keyMethods } from './methods/keys.ts';
import { linkMethods } from './methods/links.ts';
import { messageMethods } from './methods/messages.ts';
import { serverMethods } from './methods/server.ts';
import { sessionMethods } from './methods/sessions.ts';
import type { MethodSpec } from './methods/spec.ts';
import { webhookMethods } from './methods/webhooks.ts';

export const methods = {
  ...connectionMethods,
  ...serverMethods,
  ...sessionMethods,
  ...historyMethods,
  ...messageMethods,
  ...contactMethods,
  ...alertMethods,
  ...webhookMethods,
  ...keyMethods,
  ...linkMethods,
} as const satisfies Record<string, MethodSpec>;

export type MethodName = keyof typeof methods;
/** What a handler gets. */
export type Params<M extends MethodName> = z.output<(typeof methods)[M]['params']>;
export type Result<M extends MethodName> = z.output<(typeof methods)[M]['result']>;
