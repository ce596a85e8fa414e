/**
 * The contract as an AsyncAPI 3 document, made from the registry. It speaks from the server's side: it
 * receives requests and replies, and it sends events (AsyncAPI 3.0.0, Operation Object and Operation Reply
 * Object).
 */
import { closes, errors } from '../errors.ts';
import { events } from '../events.ts';
import { connectionMethods } from '../methods/connection.ts';
import { methods } from '../methods.ts';
import { protocol } from '../registry.ts';
import { topicScopes } from '../scopes.ts';
import { webhookBodies } from '../webhooks.ts';
import { definitions, eventOf, type JsonSchema, requestOf, responseOf, webhookOf } from './schemas.ts';

const ref = (...path: readonly string[]) => ({ $ref: `#/${path.join('/')}` });
const on = (channel: string) => ref('channels', channel);
const sent = (channel: string, message: string) => ref('channels', channel, 'messages', message);
/** Members of an answer are found by the id of the request. */
const correlationId = { location: '$message.payload#/id' };

/** OpenAPI has them. */
const webhooks: ReadonlySet<string> = new Set(webhookBodies.map(({ type }) => webhookOf(type)));

const methodNames = Object.keys(methods);
const overHttp = methodNames.filter((name) => !(name in connectionMethods) || name === 'ping');

const messages = (): Record<string, object> => {
  const message = (name: string, title: string, more: object = {}) => ({
    name,
    title,
    payload: ref('components', 'schemas', name),
    ...more,
  });
  return {
    ...Object.fromEntries(
      methodNames.flatMap((name) => [
        [requestOf(name), message(requestOf(name), `Asks for ${name}`, { correlationId })],
        [responseOf(name), message(responseOf(name), `Answers ${name}`, { correlationId })],
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(events).map(([type, { doc }]) => [
        eventOf(type),
        message(eventOf(type), type, { summary: doc }),
      ]),
    ),
    Failure: message('Failure', 'Answers any request with an error', { correlationId }),
    Heartbeat: message('Heartbeat', 'Says that the connection lives'),
  };
};
const scopeOf = (scope: string | null) => scope ?? 'none';
const operations = (): Record<string, object> => ({
  ...Object.fromEntries(
    Object.entries(methods).map(([name, { doc, scope }]) => [
      name,
      {
        action: 'receive',
        channel: on('socket'),
        title: name,
        description: doc,
        'x-scope': scopeOf(scope),
        messages: [sent('socket', requestOf(name))],
        reply: {
          channel: on('socket'),
          messages: [sent('socket', responseOf(name)), sent('socket', 'Failure')],
        },
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(events).map(([type, { doc, topic }]) => [
      eventOf(type),
      {
        action: 'send',
        channel: on('socket'),
        title: type,
        description: doc,
        'x-topic': topic,
        'x-scope': topic === 'always' ? 'none' : topicScopes[topic],
        messages: [sent('socket', eventOf(type))],
      },
    ]),
  ),
  heartbeat: {
    action: 'send',
    channel: on('socket'),
    title: 'heartbeat',
    description: 'To every initialized client, every heartbeatMs, and right after a replay.',
    messages: [sent('socket', 'Heartbeat')],
  },
  rpc: {
    action: 'receive',
    channel: on('http'),
    title: 'rpc',
    description:
      'The same requests without a socket. 200 with the answer once the key is valid, also when it is an ' +
      'error.',
    bindings: { http: { method: 'POST', bindingVersion: '0.3.0' } },
    messages: overHttp.map((name) => sent('http', requestOf(name))),
    reply: {
      channel: on('http'),
      messages: [...overHttp.map((name) => sent('http', responseOf(name))), sent('http', 'Failure')],
    },
  },
});

/** What `GET /asyncapi.json` answers. */
export const asyncapiDocument = (): JsonSchema => {
  const all = messages();
  const inChannel = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, ref('components', 'messages', name)]));
  const security = [ref('components', 'securitySchemes', 'key')];
  const host = '127.0.0.1:3000';
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Vigía control protocol',
      version: protocol.version,
      description:
        'JSON-RPC 2.0, one object for each text frame, every request with an id, no batches. Clients ' +
        'ignore fields, events and reasons that they do not know: adding those is not a new version. The ' +
        'rules for client authors are in docs/integrators/PROTOCOL.md.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      socket: {
        host,
        protocol: 'ws',
        description: 'As it is unless HOST and PORT say otherwise; wss behind a proxy with TLS.',
        security,
      },
      http: { host, protocol: 'http', description: 'The same server.', security },
    },
    channels: {
      socket: {
        address: protocol.path,
        servers: [ref('servers', 'socket')],
        description:
          `One WebSocket; the subprotocol ${protocol.subprotocol} may be offered. The first message is ` +
          'initialize.',
        bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
        messages: inChannel(Object.keys(all)),
      },
      http: {
        address: protocol.rpcPath,
        servers: [ref('servers', 'http')],
        description: 'One request, one answer.',
        messages: inChannel([...overHttp.flatMap((name) => [requestOf(name), responseOf(name)]), 'Failure']),
      },
    },
    operations: operations(),
    components: {
      schemas: Object.fromEntries(
        Object.entries(definitions('#/components/schemas/')).filter(([name]) => !webhooks.has(name)),
      ),
      messages: all,
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An API key in "Authorization: Bearer …" of the upgrade or the request, or as apiKey in ' +
            'initialize. Never in the address.',
        },
      },
    },
    'x-errors': errors,
    'x-close-codes': closes,
  };
};
