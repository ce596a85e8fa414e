/** A button "try now": the wait before the next attempt ends at once. The test advances the clock. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type ConnectionState, connect } from '../../src/client/client.ts';
import { fakeSockets } from './fake-socket.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('connectNow ends the wait, and changes nothing while a connection opens or is open', async () => {
  const { WebSocket, now, sockets } = fakeSockets();
  const options = { url: 'http://127.0.0.1:3000', apiKey: 'a-key', random: () => 1 };
  const client = connect({ ...options, WebSocket });
  const states: ConnectionState[] = [];
  client.onState((state) => states.push(state));
  await vi.advanceTimersByTimeAsync(0);
  client.connectNow();
  now().ends(1006);
  client.connectNow();
  await vi.advanceTimersByTimeAsync(0);
  client.connectNow();
  expect([sockets.length, states.at(-1)?.status]).toEqual([2, 'connecting']);
  now().accepts();
  client.connectNow();
  await vi.advanceTimersByTimeAsync(1_000); // the first wait is no longer pending
  expect([sockets.length, states.at(-1)?.status]).toEqual([2, 'online']);
  client.close();
  client.connectNow();
  expect([sockets.length, states.at(-1)?.status]).toEqual([2, 'stopped']);
});
