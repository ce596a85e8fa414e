/** Codes that log a browser in without copying a key: once, within a minute, and hard to guess. */
import { afterEach, expect, it } from 'vitest';
import { adminKey, type Harness, startHarness } from '../harness.ts';

let harness: Harness;
let now: number;
const start = async () => {
  now = Date.UTC(2026, 10, 24, 3, 40);
  harness = await startHarness({ now: () => now });
};
afterEach(() => harness.stop());

const post = async (path: string, body?: object, key?: string) => {
  const response = await fetch(`${harness.server.url}/v1/login${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const json = (await response.json()) as {
    readonly code?: string;
    readonly apiKey?: string;
    readonly expiresAt?: string;
    readonly error?: { readonly code: string };
  };
  return { status: response.status, ...json };
};
const newCode = async () => (await post('/code', undefined, adminKey)).code ?? '';

it('gives the key of the code once, however the code is written', async () => {
  await start();
  const code = await newCode();
  expect(code).toMatch(/^[2-9A-HJKMNP-Z]{8}$/);
  const written = `${code.slice(0, 4)}-${code.slice(4)}`.toLowerCase();
  expect(await post('', { code: written })).toMatchObject({ status: 200, apiKey: adminKey });
  expect(await post('', { code })).toMatchObject({ status: 401, error: { code: 'code_invalid' } });
});
it('ends a code after a minute', async () => {
  await start();
  const code = await newCode();
  now += 60_000;
  expect(await post('', { code })).toMatchObject({ status: 401 });
});
it('makes a code for a right key only', async () => {
  await start();
  expect(await post('/code')).toMatchObject({ status: 401 });
  expect(await post('/code', undefined, 'a-wrong-key-of-the-tests')).toMatchObject({ status: 401 });
});
it.each([{}, { code: 7 }, { code: '' }, { code: 'ABCDEFGH' }, { code: 'A'.repeat(2_000) }])(
  'answers %o like any wrong code',
  async (body) => {
    await start();
    await newCode();
    expect(await post('', body)).toMatchObject({ status: 401, error: { code: 'code_invalid' } });
  },
);
it('makes an address wait that guesses', async () => {
  await start();
  const code = await newCode();
  const guesses = await Promise.all(Array.from({ length: 30 }, (_, i) => post('', { code: `GUESS${i}` })));
  expect(guesses.some(({ status }) => status === 429)).toBe(true);
  expect(await post('', { code })).toMatchObject({ status: 429 });
});
it('keeps a bounded number of codes: the oldest ends', async () => {
  await start();
  const first = await newCode();
  for (let i = 0; i < 20; i += 1) await newCode();
  expect(await post('', { code: first })).toMatchObject({ status: 401 });
});
it('logs neither the code nor the key', async () => {
  await start();
  const code = await newCode();
  await post('', { code: `${code}X` });
  await post('', { code });
  expect(JSON.stringify(harness.logged)).not.toMatch(new RegExp(`${code}|${adminKey}`));
});
