/** Every example of the documentation, sent to a server. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { examples, type PlainMethod } from '../../src/protocol/examples.ts';
import { methods } from '../../src/protocol/methods.ts';
import { adminKey } from '../control/harness.ts';
import { startExampleServer } from './example-server.ts';

let server: Awaited<ReturnType<typeof startExampleServer>>;
beforeAll(async () => {
  server = await startExampleServer();
});
afterAll(() => server.stop());

/** What is random in an answer. */
const random: Partial<Record<PlainMethod, object>> = {
  'key.create': {
    keyId: expect.stringMatching(/^[0-9a-f]{12}$/),
    key: expect.stringMatching(/^vigia_[0-9a-f]{12}_[\w-]{43}$/),
  },
};

// key.list lists one key, so key.create comes last
const names = Object.keys(examples) as PlainMethod[];
const order = [...names.filter((name) => name !== 'key.create'), 'key.create' as const];
it.each(order)('the example of %s shows what a server answers', async (method) => {
  const { params, result } = examples[method];
  const answer = await fetch(`${server.server.url}/v1/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(params),
  });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ ...JSON.parse(JSON.stringify(result)), ...random[method] });
  expect(methods[method].result.parse(result)).toEqual(result);
});
