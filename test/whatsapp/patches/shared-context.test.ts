import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import makeWASocket, {
  addTransactionCapability,
  initAuthCreds,
  type SignalDataSet,
  type SignalKeyStore,
} from '@whiskeysockets/baileys';
import { expect, test } from 'vitest';
import {
  sharedContextState,
  sharedContextsMade,
  walksStores,
  withSharedContext,
} from '../../../src/whatsapp/patches/shared-context.ts';

type Logger = Parameters<typeof addTransactionCapability>[1];
const nothing = (): void => undefined;
const silent: Logger = {
  level: 'silent',
  child: () => silent,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
const retries = { maxCommitRetries: 1, delayBetweenTriesMs: 1 };

/** A store in memory that waits a turn for everything, so that organizations interleave. */
const memoryKeys = () => {
  const files = new Map<string, unknown>();
  const commits: SignalDataSet[] = [];
  const keys: SignalKeyStore = {
    get: async (type, ids) => {
      await turn();
      return Object.fromEntries(ids.map((id) => [id, files.get(`${type}-${id}`)])) as never;
    },
    set: async (data) => {
      await turn();
      commits.push(data);
      for (const [type, values] of Object.entries(data))
        for (const [id, value] of Object.entries(values ?? {})) files.set(`${type}-${id}`, value);
    },
  };
  return { files, commits, keys };
};
const organization = () => {
  const memory = memoryKeys();
  return { ...memory, tx: withSharedContext(() => addTransactionCapability(memory.keys, silent, retries)) };
};
const mapping = (id: string, value: string): SignalDataSet => ({ 'lid-mapping': { [id]: value } });
const read = async (keys: SignalKeyStore, id: string) => (await keys.get('lid-mapping', [id]))[id];

type Private = { _enable?: (this: { readonly enabled: boolean }) => void };
const registry = AsyncLocalStorage.prototype as unknown as Private;
/**
 * Counts the real instances that Node puts on its list (from which only `disable` takes them) while `work`
 * runs. Node 20 and 22.
 */
const registeredBy = async (work: () => Promise<unknown>): Promise<number> => {
  const enable = registry._enable!;
  let count = 0;
  registry._enable = function counted() {
    if (!this.enabled) count += 1;
    enable.call(this);
  };
  try {
    await work();
  } finally {
    registry._enable = enable;
  }
  return count;
};

test('transactions of many organizations interleave, and each sees only its own', async () => {
  const organizations = Array.from({ length: 100 }, organization);
  await Promise.all(
    organizations.map(async ({ tx }, index) => {
      await tx.transaction(async () => {
        for (let step = 0; step < 5; step += 1) {
          await tx.set(mapping('me', `${index}:${step}`));
          await turn();
          expect(await read(tx, 'me')).toBe(`${index}:${step}`);
          expect(organizations[(index + 1) % 100]!.tx.isInTransaction()).toBe(false);
        }
      }, 'key');
      expect(tx.isInTransaction()).toBe(false);
    }),
  );
  for (const [index, { commits }] of organizations.entries())
    expect(commits).toEqual([mapping('me', `${index}:4`)]);
});

test('a transaction in a transaction is the same one, and commits once', async () => {
  const { tx, commits } = organization();
  await tx.transaction(async () => {
    await tx.set(mapping('a', '1'));
    await tx.transaction(async () => {
      await tx.set(mapping('b', '2'));
      expect(await read(tx, 'a')).toBe('1');
    }, 'other');
    expect(commits).toEqual([]);
  }, 'key');
  expect(commits).toEqual([{ 'lid-mapping': { a: '1', b: '2' } }]);
});

test('a transaction of one organization within that of another has its own context, and gives the outer one back', async () => {
  const outer = organization();
  const inner = organization();
  await outer.tx.transaction(async () => {
    await outer.tx.set(mapping('x', 'outer'));
    await inner.tx.transaction(async () => {
      await inner.tx.set(mapping('x', 'inner'));
      expect(await read(outer.tx, 'x')).toBe('outer');
      await outer.tx.transaction(async () => outer.tx.set(mapping('y', 'outer')), 'again');
      expect(await read(inner.tx, 'x')).toBe('inner');
    }, 'key');
    expect(inner.tx.isInTransaction()).toBe(false);
    expect(inner.commits).toEqual([mapping('x', 'inner')]);
    expect(outer.commits).toEqual([]);
  }, 'key');
  expect(outer.commits).toEqual([{ 'lid-mapping': { x: 'outer', y: 'outer' } }]);
});

test('a transaction that fails commits nothing and leaves no context behind', async () => {
  const broken = organization();
  const other = organization();
  await Promise.all([
    expect(
      broken.tx.transaction(async () => {
        await broken.tx.set(mapping('a', '1'));
        throw new Error('no');
      }, 'key'),
    ).rejects.toThrow('no'),
    other.tx.transaction(async () => other.tx.set(mapping('a', '2')), 'key'),
  ]);
  expect(broken.tx.isInTransaction()).toBe(false);
  expect(broken.commits).toEqual([]);
  expect(other.commits).toEqual([mapping('a', '2')]);
  await broken.tx.transaction(async () => broken.tx.set(mapping('a', '3')), 'key');
  expect(broken.commits).toEqual([mapping('a', '3')]);
});

test('applies where Node walks its stores, and is left out elsewhere', () => {
  expect(sharedContextState()).toEqual({
    name: 'shared_context',
    is: walksStores() ? 'applied' : 'not_needed',
  });
  const major = Number(process.versions.node.split('.')[0]);
  const isFrameForced = /async-context-frame/.test([...process.execArgv, process.env['NODE_OPTIONS']].join());
  if (!isFrameForced) expect(walksStores()).toBe(major < 24);
});

test.runIf(walksStores())('a socket of Baileys takes its context from here', async () => {
  const made = sharedContextsMade();
  const { keys } = memoryKeys();
  const config = {
    auth: { creds: initAuthCreds(), keys },
    logger: silent,
    waWebSocketUrl: 'ws://127.0.0.1:9',
  };
  const sock = withSharedContext(() => makeWASocket(config));
  expect(sharedContextsMade()).toBe(made + 1);
  await sock.end(new Error('done'));
});

test('no other code in the process sees another class than that of Node, before, within a promise, after, and after a throw', async () => {
  const hooks = createRequire(import.meta.url)('node:async_hooks') as {
    AsyncLocalStorage: typeof AsyncLocalStorage;
  };
  const Real = hooks.AsyncLocalStorage;
  const late = withSharedContext(() => turn().then(() => hooks.AsyncLocalStorage));
  expect(hooks.AsyncLocalStorage).toBe(Real);
  expect(await late).toBe(Real);
  expect(() =>
    withSharedContext(() => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(new AsyncLocalStorage()).toBeInstanceOf(Real);
  expect((await import('node:async_hooks')).AsyncLocalStorage).toBe(Real);
});

test.runIf(walksStores())(
  'within, a class made by a call inside a call is still the shared one, and what it cannot do it says',
  () => {
    const hooks = createRequire(import.meta.url)('node:async_hooks') as {
      AsyncLocalStorage: typeof AsyncLocalStorage;
    };
    const context = withSharedContext(() => withSharedContext(() => new hooks.AsyncLocalStorage<number>()));
    expect(context.run(1, () => context.run(2, () => context.getStore()))).toBe(2);
    expect(context.run(1, (a: number, b: number) => a + b + context.getStore()!, 2, 3)).toBe(6);
    expect(context.getStore()).toBeUndefined();
    for (const call of [() => context.enterWith(1), () => context.exit(nothing), () => context.disable()])
      expect(call).toThrow('only run and getStore');
  },
);

/** Milliseconds for a million links of promise chains. */
const promiseLoop = async (): Promise<number> => {
  const start = performance.now();
  for (let round = 0; round < 1_000; round += 1) {
    let chain: Promise<unknown> = Promise.resolve();
    for (let link = 0; link < 1_000; link += 1) chain = chain.then(nothing);
    await chain;
  }
  return performance.now() - start;
};

// Last in the file: the control leaves its instances on Node's list, as Baileys does, and makes everything
// after it slow.
test.skipIf(registry._enable === undefined)(
  '2,000 organizations put nothing more on the list that Node walks for every promise; without this, ' +
    'each puts one',
  async () => {
    const use = (tx: ReturnType<typeof organization>['tx']) => tx.transaction(async () => undefined, 'key');
    await use(organization().tx); // from now on the one real instance is in use
    await promiseLoop();
    const before = await promiseLoop();
    const shared = Array.from({ length: 2_000 }, organization);
    expect(await registeredBy(() => Promise.all(shared.map(({ tx }) => use(tx))))).toBe(0);
    const after = await promiseLoop();

    const bare = Array.from({ length: 20 }, () =>
      addTransactionCapability(memoryKeys().keys, silent, retries),
    );
    expect(await registeredBy(() => Promise.all(bare.map(use)))).toBe(20);
    const slow = await promiseLoop();
    const ratio = (ms: number): string => `${(ms / before).toFixed(1)}x`;
    console.log(
      `a million promises: ${before.toFixed(0)} ms; after 2,000 shared contexts ${ratio(after)}; after ` +
        `20 of their own ${ratio(slow)}`,
    );
  },
);
