/** The OpenAPI document, judged by others' programs: a validator, and a generator of clients. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Validator } from '@seriousme/openapi-schema-validator';
import { generateSource } from 'oazapfts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openapiDocument } from '../../src/protocol/documents/openapi.ts';
import { examples } from '../../src/protocol/examples.ts';
import { webhookBodies, webhookExampleOf } from '../../src/protocol/webhooks.ts';
import { adminKey } from '../control/harness.ts';
import { schemas } from '../support/schemas.ts';
import { startExampleServer } from './example-server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const document = JSON.parse(JSON.stringify(openapiDocument()));
/** The same event as a client receives it. */
const frameOf = (event: object) => ({ jsonrpc: '2.0', method: 'event', params: { ...event, seq: 1 } });

describe('the OpenAPI document', () => {
  it('is valid, and has every method with an example', async () => {
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
    for (const [method, { params, result }] of Object.entries(examples)) {
      const { requestBody, responses } = document.paths[`/v1/${method}`].post;
      expect(requestBody.content['application/json'].example).toEqual(params);
      expect(responses['200'].content['application/json'].example).toEqual(
        JSON.parse(JSON.stringify(result)),
      );
    }
  });
  it('has every webhook, with an example that fits its schema and nothing beside', () => {
    const { faults } = schemas();
    expect(Object.keys(document.webhooks)).toEqual(webhookBodies.map(({ type }) => type));
    expect(Object.keys(document.webhooks)).not.toContain('server.draining');
    for (const { type, body } of webhookBodies) {
      const { content } = document.webhooks[type].post.requestBody;
      const { example } = content['application/json'];
      expect(body.parse(example)).toEqual(example);
      expect(faults(`webhook.${type}`, example)).toEqual([]);
      expect(example).toEqual(JSON.parse(JSON.stringify(webhookExampleOf(type))));
    }
  });
  it('has no place in a webhook for a QR or a code', () => {
    const { faults } = schemas();
    const example = webhookExampleOf('pairing.updated');
    for (const secret of [
      { status: 'qr', qr: 'x', attempt: 1 },
      { status: 'code', code: 'ABCD1234' },
    ]) {
      const data = { pairingId: 'pair-1', expiresAt: example.timestamp, ...secret };
      expect(faults('webhook.pairing.updated', { ...example, data })).not.toEqual([]);
      expect(faults('event.pairing.updated', frameOf({ ...example, data }))).toEqual([]);
    }
  });
  it('defines every schema and answer that it refers to, and no other schema', () => {
    const text = JSON.stringify(document);
    const used = new Set(
      [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name),
    );
    expect(used).toEqual(new Set(Object.keys(document.components.schemas)));
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/responses\/([^"]+)"/g))
      expect(document.components.responses).toHaveProperty(name ?? '');
  });
});

describe('a client that oazapfts generates from it', () => {
  let server: Awaited<ReturnType<typeof startExampleServer>>;
  let folder: string;
  beforeAll(async () => {
    server = await startExampleServer();
    folder = await mkdtemp(join(root, 'dist', 'generated-')); // here it finds the packages
    await writeFile(join(folder, 'openapi.json'), JSON.stringify(document));
    await writeFile(join(folder, 'api.ts'), await generateSource(join(folder, 'openapi.json')));
    await writeFile(join(folder, 'use.ts'), use);
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const use = `
    import { defaults, serverStatus, sessionGet, sessionPair, sessionPairing } from './api.ts';
    export const main = async (baseUrl: string, key: string) => {
      defaults.baseUrl = baseUrl;
      defaults.headers = { authorization: 'Bearer ' + key };
      const status = await serverStatus();
      const got = await sessionGet({ orgId: 'acme' });
      const unknown = await sessionGet({ orgId: 'nobody' });
      await sessionPair({ orgId: 'beta' });
      const shown = await sessionPairing({ orgId: 'beta' });
      if (got.status !== 200 || unknown.status !== 404) return;
      if (shown.status !== 200 || status.status !== 200) return;
      const { state } = got.data.session;
      const known: 'connected' | 'idle' | 'restoring' | 'pairing' | 'retrying' | 'failed' = state;
      const qr = shown.data.pairing?.qr?.text;
      return { state: known, code: unknown.data.error.code, qr, draining: status.data.draining };
    };`;
  it('has types that fit, and calls a running server', async () => {
    const flags = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--allowImportingTsExtensions',
      '--ignoreConfig',
    ];
    const modules = ['--module', 'nodenext', '--target', 'es2022', join(folder, 'use.ts')];
    await promisify(execFile)(process.execPath, [
      join(root, 'node_modules/typescript/bin/tsc'),
      ...flags,
      ...modules,
    ]);
    const { main } = (await import(join(folder, 'use.ts'))) as {
      main: (url: string, key: string) => Promise<object>;
    };
    expect(await main(server.server.url, adminKey)).toEqual({
      state: 'connected',
      code: 'not_found',
      qr: examples['session.pairing'].result.pairing?.qr?.text,
      draining: false,
    });
  });
});
