/** The part `webhooks` of the OpenAPI document: what a receiver gets, and what its answers mean. */
import { webhookBodies, webhookExampleOf } from '../webhooks.ts';
import { webhookOf } from './schemas.ts';

const headers = {
  'webhook-id': {
    description: 'The id of the event: the same at every attempt. A receiver drops an id that it knows.',
    schema: { type: 'string' },
  },
  'webhook-timestamp': {
    description: 'When this attempt was signed, in seconds since 1970.',
    schema: { type: 'string', pattern: '^[0-9]+$' },
  },
  'webhook-signature': {
    description:
      'One or more of "v1," and the base64 of HMAC-SHA256 over id, timestamp and body, joined by dots. ' +
      'Several are separated by spaces.',
    schema: { type: 'string' },
  },
};
export const webhookParameters = Object.fromEntries(
  Object.entries(headers).map(([name, header]) => [name, { name, in: 'header', required: true, ...header }]),
);
const responses = {
  '2XX': { description: 'Taken. Vigía reads nothing of the answer but its status.' },
  410: { description: 'Send nothing more to this address.' },
  default: { description: 'Refused: Vigía sends it again, under the same webhook-id.' },
};

export const openapiWebhooks = (refTo: (name: string) => object) =>
  Object.fromEntries(
    webhookBodies.map(({ type, doc }) => [
      type,
      {
        post: {
          operationId: `webhook_${type.replace('.', '_')}`,
          tags: ['webhook'],
          summary: type,
          description: doc,
          security: [],
          parameters: Object.keys(headers).map((name) => ({ $ref: `#/components/parameters/${name}` })),
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: refTo(webhookOf(type)), example: webhookExampleOf(type) },
            },
          },
          responses,
        },
      },
    ]),
  );
