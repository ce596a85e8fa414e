/**
 * The n8n workflow of docs/examples. n8n itself is not run: it builds native modules at its installation. So
 * its requests are compared with the OpenAPI document and sent, and its code is called.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { outgoingFor } from '../../src/delivery/sinks.ts';
import { openapiDocument } from '../../src/protocol/documents/openapi.ts';
import { webhookExampleOf } from '../../src/protocol/webhooks.ts';
import { adminKey } from '../control/harness.ts';
import { secret, webhookAt } from '../delivery/harness.ts';
import { startExampleServer } from '../protocol/example-server.ts';
import { schemas } from '../support/schemas.ts';

interface Node {
  readonly name: string;
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}
interface Filter {
  readonly parameters: { conditions: { conditions: { leftValue: string; rightValue: string }[] } };
}
type Connections = Record<string, { main: { node: string; type: string; index: number }[][] }>;
const workflow = JSON.parse(
  readFileSync(new URL('../../docs/examples/recipes/n8n.json', import.meta.url), 'utf8'),
) as { nodes: Node[]; connections: Connections };
const named = (name: string) => workflow.nodes.find((node) => node.name === name);
const ofType = (type: string) => workflow.nodes.filter((node) => node.type === `n8n-nodes-base.${type}`);
const { paths } = JSON.parse(JSON.stringify(openapiDocument())) as {
  paths: Record<string, Record<string, unknown>>;
};

it('connects nodes that exist, each under a name of its own', () => {
  expect(new Set(workflow.nodes.map(({ name }) => name)).size).toBe(workflow.nodes.length);
  for (const [from, { main }] of Object.entries(workflow.connections))
    for (const name of [from, ...main.flat().map(({ node }) => node)])
      expect(named(name), name).toBeDefined();
});

const event = webhookExampleOf('session.updated');
/** As n8n does with an expression: `={{ … }}`. */
const evaluated = (text: string): string =>
  text.startsWith('={{') ? String(runInNewContext(text.slice(3, -2), { $json: event })) : text;

it('sends requests of the OpenAPI document, and a server accepts them', async () => {
  const server = await startExampleServer();
  const { faults } = schemas();
  const base = 'http://127.0.0.1:3000';
  const requests = ofType('httpRequest').map(({ parameters }) => parameters);
  expect(requests).toHaveLength(5);
  for (const { method = '', url = '', jsonBody, genericAuthType } of requests) {
    expect(url.startsWith(`${base}/v1/`)).toBe(true);
    const path = url.slice(base.length);
    expect(paths[path.replace(/\/pairing\/\w+\//, '/pairing/{orgId}/')], path).toHaveProperty(
      method.toLowerCase(),
    );
    expect(genericAuthType).toBe('httpHeaderAuth');
    const body = jsonBody === undefined ? undefined : evaluated(jsonBody);
    if (body !== undefined)
      expect(faults(`${path.slice('/v1/'.length)}.params`, JSON.parse(body)), path).toEqual([]);
    const answer = await fetch(server.server.url + path.replace('/acme/', '/beta/'), {
      method,
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body }),
    });
    expect(answer.status, path).toBe(200);
  }
  await server.stop();
});

it('verifies a webhook: its code accepts what Vigía signed, and throws at anything else', async () => {
  const code = named('Verify')?.parameters['jsCode'] ?? '';
  const AsyncFunction = (async () => undefined).constructor as new (
    ...args: string[]
  ) => (...args: unknown[]) => Promise<unknown>;
  const receive = (headers: object, body: string) => {
    const helpers = { getBinaryDataBuffer: async () => Buffer.from(body) };
    const run = new AsyncFunction('require', '$env', '$input', code);
    const input = { first: () => ({ json: { headers } }) };
    const env = { VIGIA_WEBHOOK_SECRET: `whsec_${Buffer.alloc(24).toString('base64')},${secret}` };
    return run.call({ helpers }, createRequire(import.meta.url), env, input);
  };
  const send = (at: number) =>
    outgoingFor(webhookAt('http://127.0.0.1/'), { kind: 'event', ...event }, new Date(at));
  const { headers, body } = send(Date.now());
  expect(await receive(headers, body)).toEqual([{ json: JSON.parse(body) }]);
  await expect(receive(headers, `${body} `)).rejects.toThrow('No signature fits.');
  await expect(receive({ ...headers, 'webhook-id': 'evt_other' }, body)).rejects.toThrow(
    'No signature fits.',
  );
  const old = send(Date.now() - 600_000);
  await expect(receive(old.headers, old.body)).rejects.toThrow('The webhook is too old.');
  await expect(receive({ ...headers, 'webhook-timestamp': 'x' }, body)).rejects.toThrow('too old');
});

it('creates a link only for an organization that must be paired', () => {
  const [filter] = ofType('filter') as unknown as Filter[];
  const [condition, ...more] = filter?.parameters.conditions.conditions ?? [];
  expect(evaluated(condition?.leftValue ?? '')).toBe('pair');
  expect([condition?.rightValue, more]).toEqual(['pair', []]);
});
