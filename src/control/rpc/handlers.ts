/** The table method → handler. Methods that belong to one connection are in `ws/connection.ts`. */
import type { MethodName } from '../../protocol/methods.ts';
import { type AlertDeps, alertHandlers } from './handlers/alerts.ts';
import { type ContactDeps, contactHandlers } from './handlers/contacts.ts';
import type { Caller, Handlers } from './handlers/handler.ts';
import { type HistoryDeps, historyHandlers } from './handlers/history.ts';
import { type KeyDeps, keyHandlers } from './handlers/keys.ts';
import { type LinkDeps, linkHandlers } from './handlers/links.ts';
import { type MessageDeps, messageHandlers } from './handlers/messages.ts';
import { type ServerDeps, serverHandlers } from './handlers/server.ts';
import { type SessionDeps, sessionHandlers } from './handlers/sessions.ts';
import { type WebhookDeps, webhookHandlers } from './handlers/webhooks.ts';

/** What the handlers of all domains need from the rest of the program. */
export type HandlerDeps = ServerDeps &
  SessionDeps &
  HistoryDeps &
  MessageDeps &
  ContactDeps &
  AlertDeps &
  WebhookDeps &
  KeyDeps &
  LinkDeps;
/** Methods that concern a connection itself: they exist on a WebSocket only. */
export type ConnectionMethod = 'initialize' | 'subscribe' | 'unsubscribe';
export type HandledMethod = Exclude<MethodName, ConnectionMethod>;

const handlers: Handlers<HandledMethod, HandlerDeps> = {
  ...serverHandlers,
  ...sessionHandlers,
  ...historyHandlers,
  ...messageHandlers,
  ...contactHandlers,
  ...alertHandlers,
  ...webhookHandlers,
  ...keyHandlers,
  ...linkHandlers,
};

export const isHandled = (method: MethodName): method is HandledMethod => method in handlers;
/** The registry's schema for this method has parsed the params. */
export const handle = async (
  method: HandledMethod,
  params: unknown,
  context: Caller & HandlerDeps,
): Promise<unknown> =>
  (handlers[method] as (p: unknown, c: Caller & HandlerDeps) => unknown)(params, context);
