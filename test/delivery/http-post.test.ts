import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { allowing } from '../../src/delivery/address.ts';
import { openPost } from '../../src/delivery/http-post.ts';
import { until } from '../support/until.ts';

it('does not wait for a receiver that hangs longer than it was told; what is cut has failed', async () => {
  let asked = 0;
  const server = createServer(() => void (asked += 1)); // and no answer, ever
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const post = openPost({ isAllowed: allowing(['127.0.0.0/8']) });
  const sent = post.send({ url: `http://127.0.0.1:${port}/`, headers: {}, body: '' });
  await until('it to be asked', () => asked > 0);
  const began = performance.now();
  await post.close(100);
  expect(performance.now() - began).toBeLessThan(5_000); // of the 15 seconds an attempt has
  expect(await sent).toMatchObject({ kind: 'failed', status: null });
  server.closeAllConnections();
  server.close();
});
