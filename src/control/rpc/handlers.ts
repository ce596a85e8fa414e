/** What each method does, but for those that belong to one connection (`ws/connection.ts`). One table: method → handler. */
import type { MethodName } from '../../protocol/methods.ts';
import { type AlertPorts, alertHandlers } from './handlers/alerts.ts';
import type { Caller, Handlers } from './handlers/handler.ts';
import { type HistoryPorts, historyHandlers } from './handlers/history.ts';
import { type ServerPorts, serverHandlers } from './handlers/server.ts';
import { type SessionPorts, sessionHandlers } from './handlers/sessions.ts';
import { type WebhookPorts, webhookHandlers } from './handlers/webhooks.ts';

/** All that the handlers of all domains need of the rest of the program. */
export type Ports = ServerPorts & SessionPorts & HistoryPorts & AlertPorts & WebhookPorts;
export type HandlerContext = Caller & Ports;
/** Methods that change or tell something about a connection itself: they exist on a WebSocket only. */
export type ConnectionMethod = 'initialize' | 'subscribe' | 'unsubscribe';
export type HandledMethod = Exclude<MethodName, ConnectionMethod>;

const handlers: Handlers<HandledMethod, Ports> = {
  ...serverHandlers,
  ...sessionHandlers,
  ...historyHandlers,
  ...alertHandlers,
  ...webhookHandlers,
};

export const isHandled = (method: MethodName): method is HandledMethod => method in handlers;
/** The params have been checked against the registry's schema for this very method. */
export const handle = async (method: HandledMethod, params: unknown, context: HandlerContext): Promise<unknown> =>
  (handlers[method] as (p: unknown, c: HandlerContext) => unknown)(params, context);
