/**
 * The methods as plain HTTP requests, and the webhooks, as an OpenAPI 3.1 document made from the registry.
 * The WebSocket is not in it: AsyncAPI has it.
 */
import { type ErrorReason, errors } from '../errors.ts';
import { examples, type PlainMethod } from '../examples.ts';
import { methods } from '../methods.ts';
import { protocol } from '../registry.ts';
import { openapiWebhooks, webhookParameters } from './openapi-webhooks.ts';
import { definitions, type JsonSchema } from './schemas.ts';

const schemaPrefix = '#/components/schemas/';
const refTo = (name: string) => ({ $ref: `${schemaPrefix}${name}` });
const json = (schema: object, example?: unknown) => ({
  'application/json': { schema, ...(example !== undefined && { example }) },
});

const errorSchema: JsonSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      description: 'Details such as issues, scope, state, allowed and retryAfterMs stand beside these.',
      required: ['code', 'message'],
      properties: {
        code: { type: 'string', description: 'A stable slug.' },
        message: { type: 'string', description: 'For a person.' },
        retryable: { type: 'boolean', description: 'Whether the same request may succeed later.' },
        requestId: { type: 'string', description: 'The log of the server has a fault under this id.' },
      },
    },
  },
};
/** Answered before the method is called; not in the table of errors. */
const earlier: Readonly<Record<number, string>> = {
  413: 'too_large: the body has more bytes than maxMessageBytes.',
  415: 'unsupported_media_type: not JSON in UTF-8, or compressed.',
};
/** The name of an answer in the components, by its status. */
const errorNames: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  413: 'TooLarge',
  415: 'UnsupportedMediaType',
  422: 'Unprocessable',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'Unavailable',
  504: 'Timeout',
};
/** Not over HTTP. */
const ofSockets: ReadonlySet<ErrorReason> = new Set(['not_initialized', 'unsupported_version']);
const descriptionOf = (status: number): string =>
  [
    ...Object.entries(errors).flatMap(([slug, error]) =>
      error.status === status && !ofSockets.has(slug as ErrorReason) ? [`${slug}: ${error.doc}`] : [],
    ),
    ...(earlier[status] === undefined ? [] : [earlier[status]]),
  ].join(' ');
const retryAfter = {
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } },
};
const errorResponses = Object.fromEntries(
  Object.entries(errorNames).map(([status, name]) => [
    name,
    {
      description: descriptionOf(Number(status)),
      ...(status === '429' && { headers: retryAfter }),
      content: json(refTo('ErrorAnswer')),
    },
  ]),
);
const failures = (statuses: readonly number[]) =>
  Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${errorNames[status]}` }]),
  );
const anyFailure = failures(Object.keys(errorNames).map(Number));

const methodPath = (method: PlainMethod) => {
  const { doc, scope, params } = methods[method];
  const mayBeLeftOut = params.safeParse({}).success;
  const { params: sent, result } = examples[method];
  return {
    post: {
      operationId: method.replace('.', '_'),
      tags: [method.split('.')[0]],
      summary: method,
      description: `${doc} ${scope === null ? 'Any key may call it.' : `Scope: \`${scope}\`.`}`,
      'x-scope': scope ?? 'none',
      requestBody: { required: !mayBeLeftOut, content: json(refTo(`${method}.params`), sent) },
      responses: {
        200: { description: 'The result.', content: json(refTo(`${method}.result`), result) },
        ...anyFailure,
      },
    },
  };
};
const orgParameter = { name: 'orgId', in: 'path', required: true, schema: refTo('OrgId') };
const qrPath = (form: 'svg' | 'txt', contentType: string, schema: object) => ({
  get: {
    operationId: `pairing_qr_${form}`,
    tags: ['pairing'],
    summary: `The QR of the running pairing as ${form === 'svg' ? 'a picture' : 'text for a dark terminal'}`,
    description:
      'A QR is replaced after 20 to 60 seconds: Expires and Retry-After say when to fetch the next one. ' +
      '404 with a sentence when there is no QR. Scope: `sessions:pair`.',
    'x-scope': 'sessions:pair',
    parameters: [orgParameter],
    responses: {
      200: { description: 'The present QR.', headers: retryAfter, content: { [contentType]: { schema } } },
      ...failures([400, 401, 403, 404, 429]),
    },
  },
});

const refsIn = (value: unknown): readonly string[] =>
  [...JSON.stringify(value).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
    ([, name]) => name ?? '',
  );
/** Without conditions beside the properties: generators of clients drop the properties then. */
const withoutConditions = ({ anyOf, ...schema }: JsonSchema): JsonSchema =>
  'properties' in schema || anyOf === undefined ? schema : { ...schema, anyOf };
/** The schemas that the paths and webhooks use, and those that these use. */
const usedSchemas = (users: object): Readonly<Record<string, JsonSchema>> => {
  const all = definitions(schemaPrefix, 'draft-2020-12');
  const used = new Set(refsIn(users));
  for (const name of used) for (const inner of refsIn(all[name] ?? {})) used.add(inner);
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, schema]) =>
      used.has(name) ? [[name, withoutConditions(schema)]] : [],
    ),
  );
};

/** What `GET /openapi.json` answers. */
export const openapiDocument = (): JsonSchema => {
  const paths = {
    ...Object.fromEntries(
      (Object.keys(examples) as PlainMethod[]).map((method) => [
        `${protocol.path}/${method}`,
        methodPath(method),
      ]),
    ),
    [`${protocol.path}/pairing/{orgId}/qr.svg`]: qrPath('svg', 'image/svg+xml', { type: 'string' }),
    [`${protocol.path}/pairing/{orgId}/qr.txt`]: qrPath('txt', 'text/plain', { type: 'string' }),
  };
  const webhooks = openapiWebhooks(refTo);
  const tags = [...new Set(Object.keys(examples).map((method) => method.split('.')[0] ?? '')), 'pairing'];
  return {
    openapi: '3.1.1',
    info: {
      title: 'Vigía control API',
      version: protocol.version,
      description:
        'Every method of the control protocol as a plain request: the body is the params, the answer is ' +
        'the result. Clients ignore fields that they do not know: adding those is not a new version.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://127.0.0.1:3000', description: 'As it is unless HOST and PORT say otherwise.' }],
    security: [{ key: [] }],
    tags: tags.map((name) => ({ name })),
    paths,
    webhooks,
    components: {
      schemas: { ...usedSchemas({ paths, webhooks }), ErrorAnswer: errorSchema },
      parameters: webhookParameters,
      responses: errorResponses,
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key. Never in the address.' },
      },
    },
  };
};
