import { expect, it } from 'vitest';
import { createCalls } from '../../../src/whatsapp/messages/calls.ts';

it('a fault of the client library is reported with its place, and without its words', async () => {
  const places: string[] = [];
  const { call } = createCalls(
    () => true,
    (at) => places.push(at),
  );
  const fails = async () => {
    throw new TypeError('cannot read "a secret text"');
  };
  await expect(call(fails, 1_000)).rejects.toMatchObject({ name: 'SendFault', reason: 'internal' });
  expect(places).toHaveLength(1);
  expect(places[0]).toMatch(/^at .*calls\.test\.ts:\d+/);
  expect(places[0]).not.toContain('secret');
});

it('a call that is too late, or whose socket has ended, is no fault of the library', async () => {
  const places: string[] = [];
  const { call, end } = createCalls(
    () => true,
    (at) => places.push(at),
  );
  const never = () => new Promise<never>(() => {});
  await expect(call(never, 1)).rejects.toMatchObject({ reason: 'timeout' });
  const ended = expect(call(never, 60_000)).rejects.toMatchObject({ reason: 'not_connected' });
  end();
  await ended;
  expect(places).toEqual([]);
});
