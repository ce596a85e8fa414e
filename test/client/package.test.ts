/** `vigia/client` as a dependent package gets it: built, by its name, and typed. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, expectTypeOf, it } from 'vitest';
import type { CallableMethod, Client, Session, VigiaEvent } from '../../src/client/client.ts';
import { adminKey, startHarness } from '../control/harness.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('the package exports connect and VigiaError under its name', () => {
  const program = "import('vigia/client').then((m) => console.log(Object.keys(m).sort().join()))";
  expect(execFileSync(process.execPath, ['-e', program], { cwd: root, encoding: 'utf8' })).toBe(
    'VigiaError,connect\n',
  );
});
it.each([
  ['README.md', /^connected *$/],
  ['docs/integrators/CLIENT.md', /accepted in state connected\n[\s\S]*it is connected *$/],
])('the example in %s runs unchanged, except for the address and the key', async (page, printed) => {
  const harness = await startHarness();
  const keyFile = join(await mkdtemp(join(tmpdir(), 'vigia-example-')), 'key');
  try {
    await writeFile(keyFile, adminKey);
    const [, example = ''] = /```js\n([\s\S]*?)```/.exec(await readFile(join(root, page), 'utf8')) ?? [];
    const code = example
      .replace('http://127.0.0.1:3000', harness.server.url)
      .replace('auth_sessions/.vigia/first-key', keyFile);
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      cwd: root,
    });
    expect(stdout.trimEnd()).toMatch(printed);
  } finally {
    await harness.stop();
    await rm(dirname(keyFile), { recursive: true });
  }
});
it('the types of methods, params and results come from the registry', () => {
  const typed = async (client: Client) => {
    expectTypeOf(
      (await client.call('session.restore', { orgId: 'acme', force: true })).session,
    ).toEqualTypeOf<Session>();
    expectTypeOf(await client.call('session.list')).toMatchObjectType<{
      items: Session[];
      nextCursor: string | null;
    }>();
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
  expectTypeOf<
    Extract<VigiaEvent, { type: 'session.updated' }>['data']['session']
  >().toEqualTypeOf<Session>();
});
