/** What the composition of messages promises to the rest: no session needs it to come back. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DiskFault } from '../../src/disk/disk.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { connected, World } from './harness.ts';

let world: World;
beforeEach(async () => {
  world = await World.open('acme', 'beta');
});
afterEach(() => world.close());
const send = {
  orgId: 'acme',
  to: '99900000002',
  type: 'text',
  text: { body: 'x' },
  idempotencyKey: 'k',
};

it('a disk that takes no file of messages stops no session, and then nothing is sent', async () => {
  const disk = nodeDisk();
  const isOurs = (path: string) => /messages-secret|[/]media$/.test(path);
  const refusing = new Proxy(disk, {
    get: (target, name: keyof typeof disk) => {
      if (!['write', 'makeDirectory'].includes(name)) return target[name];
      return async (path: string, ...rest: unknown[]) => {
        if (isOurs(path)) throw new DiskFault('write', path, { code: 'ENOSPC' });
        return (target[name] as (...all: unknown[]) => unknown).call(target, path, ...rest);
      };
    },
  });
  const vigia = await world.start({}, { disk: refusing });
  await vigia.looked;
  await connected(vigia);
  expect(world.logged('messages.cannot_send').length).toBe(2);
  const client = await world.client(vigia);
  await expect(client.call('message.send', send)).rejects.toMatchObject({ reason: 'unavailable' });
  await vigia.stop();
});
