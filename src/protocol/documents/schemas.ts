/**
 * The contract as JSON Schemas (draft-07), made from the registry: one definition for each part that is
 * shared, each method's params, result, request and response, each event, each body of a webhook, and the
 * frames that belong to none. They say what must be there; clients ignore what they do not know, so answers
 * and events may have more.
 */
import { z } from 'zod';
import { EventFrame, Failure, Heartbeat, Request, RequestId, Success } from '../envelope.ts';
import { events } from '../events.ts';
import { methods } from '../methods.ts';
import { protocol } from '../registry.ts';
import { Scope, Topic } from '../scopes.ts';
import { LastError, OrgId, PairingMethod, Reason, Session, State, Timestamp } from '../session.ts';
import { Accepted, Limits, Orgs, Position, Principal } from '../shapes.ts';
import { webhookBodies } from '../webhooks.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

const shared = {
  Accepted,
  LastError,
  Limits,
  OrgId,
  Orgs,
  PairingMethod,
  Position,
  Principal,
  Reason,
  RequestId,
  Scope,
  Session,
  State,
  Timestamp,
  Topic,
};
const messages: Readonly<Record<string, string>> = {
  Accepted: 'What a command answers: it has been accepted, and what comes of it arrives as events.',
  LastError: 'Why it is not connected, or was not. Programs read `reason`.',
  Limits: 'The bounds of this server.',
  OrgId: 'The name of an organization, and of its directory.',
  Orgs: 'Some organizations, or every one that the key may see.',
  Position: 'A bookmark in the stream of events.',
  Principal: 'Who the key is, and what it may do.',
  Reason: 'Why: docs/operators/OPERATING.md says what each means and what to do.',
  RequestId: 'Unique among the requests in flight.',
  Session: 'One organization’s session: the same object in every answer and event.',
  Timestamp: 'ISO 8601 in UTC.',
  Failure: 'An error answer. Programs read `error.data.reason`.',
  Heartbeat: 'Says that the connection lives, and moves the bookmark.',
};

export const requestOf = (method: string) => `${method}.request`;
export const responseOf = (method: string) => `${method}.response`;
export const eventOf = (type: string) => `event.${type}`;
export const webhookOf = (type: string) => `webhook.${type}`;

/** `prefix` is where in its document the definitions stand: `#/definitions/`, say. */
export const definitions = (
  prefix: string,
  target: 'draft-7' | 'draft-2020-12' = 'draft-7',
): Readonly<Record<string, JsonSchema>> => {
  const registry = z.registry<{ id: string }>();
  /** A copy, for the same schema may serve under several names. */
  const named = (id: string, schema: z.ZodType): z.ZodType => {
    const own = schema.clone();
    registry.add(own, { id });
    return own;
  };
  for (const [id, schema] of Object.entries(shared)) registry.add(schema, { id });
  for (const [name, { params, result }] of Object.entries(methods)) {
    const taken = named(`${name}.params`, params);
    const mayBeLeftOut = params.safeParse({}).success;
    named(
      requestOf(name),
      Request.extend({ method: z.literal(name), params: mayBeLeftOut ? taken.optional() : taken }),
    );
    named(responseOf(name), Success.extend({ result: named(`${name}.result`, result) }));
  }
  for (const [type, { data }] of Object.entries(events))
    named(
      eventOf(type),
      EventFrame.extend({ params: EventFrame.shape.params.extend({ type: z.literal(type), data }) }),
    );
  for (const { type, body } of webhookBodies) named(webhookOf(type), body);
  named('Failure', Failure);
  named('Heartbeat', Heartbeat);

  const { schemas } = z.toJSONSchema(registry, {
    target,
    io: 'input',
    uri: (id) => `${prefix}${id}`,
  });
  const docs: Readonly<Record<string, string>> = {
    ...messages,
    ...Object.fromEntries(Object.entries(methods).map(([name, { doc }]) => [requestOf(name), doc])),
    ...Object.fromEntries(Object.entries(events).map(([type, { doc }]) => [eventOf(type), doc])),
    ...Object.fromEntries(webhookBodies.map(({ type, doc }) => [webhookOf(type), doc])),
  };
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [
      id,
      docs[id] ? { description: docs[id], ...schema } : schema,
    ]),
  );
};

/** Names of what each side sends. Everything that travels is one of them. */
export const clientFrames = Object.keys(methods).map(requestOf);
export const serverFrames = [
  ...Object.keys(methods).map(responseOf),
  ...Object.keys(events).map(eventOf),
  'Failure',
  'Heartbeat',
];

/** What `GET /schemas.json` answers. */
export const schemasDocument = (): JsonSchema => {
  const prefix = '#/definitions/';
  const anyOf = (names: readonly string[]) => ({
    anyOf: names.map((name) => ({ $ref: `${prefix}${name}` })),
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `The control protocol of Vigía, version ${protocol.version}`,
    description: 'Made from the registry that also checks every frame.',
    definitions: {
      ...definitions(prefix),
      ClientFrame: { description: 'Everything that a client may send.', ...anyOf(clientFrames) },
      ServerFrame: { description: 'Everything that the server may send.', ...anyOf(serverFrames) },
    },
  };
};
