/** `vigia/client` as those get it who depend on the package: built, by its name, and typed. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, expectTypeOf, it } from 'vitest';
import type { CallableMethod, Client, Session, VigiaEvent } from '../../src/client/client.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('is found by its name, and gives what its page says', () => {
  const program = "import('vigia/client').then((m) => console.log(Object.keys(m).sort().join()))";
  expect(execFileSync(process.execPath, ['-e', program], { cwd: root, encoding: 'utf8' })).toBe('VigiaError,connect\n');
});
it('knows the methods, what they take and what they answer, from the registry', () => {
  const typed = async (client: Client) => {
    expectTypeOf((await client.call('session.restore', { orgId: 'acme', force: true })).session).toEqualTypeOf<Session>();
    expectTypeOf(await client.call('session.list')).toMatchObjectType<{ items: Session[]; nextCursor: string | null }>();
    await client.call('ping', {}, { timeoutMs: 1 });
    // @ts-expect-error orgId is missing
    await client.call('session.get');
    // @ts-expect-error there is no such method
    await client.call('session.dance');
    // @ts-expect-error the client does this itself
    await client.call('subscribe', { topics: ['sessions'] });
  };
  expect(typed).toBeTypeOf('function');
  expectTypeOf<'initialize'>().not.toExtend<CallableMethod>();
  expectTypeOf<Extract<VigiaEvent, { type: 'session.updated' }>['data']['session']>().toEqualTypeOf<Session>();
});
