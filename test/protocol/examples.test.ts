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
  'pairing.createLink': {
    link: expect.objectContaining({ orgId: 'acme', status: 'open' }),
    url: expect.stringMatching(/^https:\/\/vigia\.example\/link#[\w-]{43}$/),
  },
  'key.create': {
    keyId: expect.stringMatching(/^[0-9a-f]{12}$/),
    key: expect.stringMatching(/^vigia_[0-9a-f]{12}_[\w-]{43}$/),
  },
};

// the lists show what was there before, so what is made comes last
const names = Object.keys(examples) as PlainMethod[];
const makes = (name: PlainMethod) => name === 'key.create' || name === 'pairing.createLink';
const order = [...names.filter((name) => !makes(name)), ...names.filter(makes)];
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
