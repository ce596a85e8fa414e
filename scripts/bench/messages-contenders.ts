/** The programs whose messages are measured: bare Baileys, and the built program. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Receiver, secret } from '../../test/delivery/harness.ts';
import { ProgramHarness } from '../../test/support/program.ts';
import { until } from '../../test/support/until.ts';
import { fictionalPhone, seedCredentials } from '../../test/support/whatsapp/credentials.ts';
import { trustTestRootPreload } from '../../test/support/whatsapp/remote.ts';
import { openGate } from './fleet.ts';
import { openMeter, type Reading } from './process-cost.ts';

/** One end of the conversations: organization `n` writes to organization `n` of the other end. */
export interface End {
  readonly pid: number;
  /** Each organization sends so many messages; resolves when all were handed over. */
  readonly send: (each: number) => Promise<void>;
  /** How many messages its consumer has received: an event, or a webhook. */
  readonly received: () => number;
  readonly read: () => Promise<Reading>;
  readonly stop: () => Promise<void>;
}
export interface Side {
  readonly url: string;
  readonly organizations: number;
  /** The first phone of this end, and of the other. */
  readonly firstPhone: number;
  readonly firstPeer: number;
}
export type OpenEnd = (side: Side) => Promise<End>;

const openWithinMs = 300_000;

const seed = async (harness: ProgramHarness, side: Side): Promise<void> => {
  for (let n = 0; n < side.organizations; n += 1) {
    await seedCredentials(harness.org(`org-${n}`), {
      phone: fictionalPhone(side.firstPhone + n),
      name: `Org ${n}`,
    });
    await writeFile(join(harness.root, `.peer-org-${n}`), fictionalPhone(side.firstPeer + n));
  }
};

/** See `messages-plain.mjs`. */
export const bare =
  (keys: 'memory' | 'files'): OpenEnd =>
  async (side) => {
    const harness = await ProgramHarness.at(side.url);
    await seed(harness, side);
    const meter = openMeter();
    const script = fileURLToPath(new URL('./messages-plain.mjs', import.meta.url));
    const child = spawn(
      process.execPath,
      ['--import', trustTestRootPreload, script, keys, harness.root, side.url],
      { env: { PATH: process.env['PATH'] ?? '', ...meter.env }, stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const exited = once(child, 'exit');
    const counts = new Map<string, number>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [word = '', number = '0'] = line.split(' ');
      counts.set(word, Number(number));
    });
    const of = (word: string): number => counts.get(word) ?? 0;
    await until('all to be open', () => of('open') >= side.organizations, openWithinMs);
    const pid = child.pid ?? 0;
    return {
      pid,
      send: async (each) => {
        const wanted = of('sent') + each * side.organizations;
        child.stdin.write(`send ${each}\n`);
        await until('all to be sent', () => of('sent') >= wanted, openWithinMs);
      },
      received: () => of('received'),
      read: () => meter.read(pid),
      stop: async () => {
        child.kill('SIGKILL');
        await exited;
        await harness.close();
      },
    };
  };

/** No limit that a benchmark would meet. */
const openPace = {
  SEND_RATE_PER_MINUTE: '1000',
  SEND_RATE_BURST: '1000',
  SEND_RATE_NEW_PER_MINUTE: '1000',
  SEND_RATE_NEW_PER_DAY: '1000',
};
const callsAtOnce = 4;

/** The built program: sends come through the control API, and a webhook receives what arrives. */
export const vigia: OpenEnd = async (side) => {
  const harness = await ProgramHarness.at(side.url, openGate);
  await seed(harness, side);
  const meter = openMeter();
  const receiver = new Receiver();
  let received = 0;
  receiver.answer = (_, response) => {
    received += 1;
    response.writeHead(204).end();
  };
  const program = harness.start({
    WEBHOOK_URL: await receiver.listen(),
    WEBHOOK_SECRET: secret,
    WEBHOOK_EVENTS: 'message.received',
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
    LOG_LEVEL: 'info',
    SCAN_INTERVAL_MS: '30000',
    ...openPace,
    ...meter.env,
  });
  const opens = (): number => program.logged('session.connected').length;
  await until('all to be restored', () => opens() >= side.organizations, openWithinMs);
  const client = await harness.client(program);
  let keys = 0;
  const sendOne = async (n: number): Promise<void> => {
    keys += 1;
    await client.call('message.send', {
      ...{ orgId: `org-${n}`, to: fictionalPhone(side.firstPeer + n), type: 'text' },
      ...{ text: { body: `org-${n} writes ${keys}: your order is on its way` } },
      ...{ idempotencyKey: `bench-${keys}`, expiresInMs: 3_600_000 },
    });
  };
  return {
    pid: program.pid,
    send: async (each) => {
      const many = async (n: number, times: number): Promise<void> => {
        for (let sent = 0; sent < times; sent += 1) await sendOne(n);
      };
      const share = Math.ceil(each / callsAtOnce);
      await Promise.all(
        Array.from({ length: side.organizations }, (_, n) =>
          Array.from({ length: callsAtOnce }, (__, at) =>
            many(n, Math.max(0, Math.min(share, each - at * share))),
          ),
        ).flat(),
      );
    },
    received: () => received,
    read: () => meter.read(program.pid),
    stop: async () => {
      await program.stop();
      await harness.close();
      await receiver.close();
    },
  };
};
