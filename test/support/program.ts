/** The built program in a process of its own, as an operator runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { defaultPolicy } from '../../machines/domain/policy.ts';
import type { LogEvent } from '../../src/base/log-events.ts';
import { Client } from './client.ts';
import { until } from './until.ts';
import { trustTestRootPreload } from './whatsapp/remote.ts';

const main = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
export const apiKey = 'a-key-for-tests-only-0123456789';

/**
 * The default policy with every wait divided by 50, and the gate wide open: what takes minutes takes seconds.
 */
export const hurriedPolicy = {
  ...Object.fromEntries(
    Object.entries(defaultPolicy).flatMap(([name, value]) =>
      name.endsWith('Ms') && typeof value === 'number' ? [[name, Math.ceil(value / 50)]] : [],
    ),
  ),
  connectMs: 20_000,
  verifyMs: 10_000,
  pingDeadlineMs: 1_000,
  pairingMs: 60_000,
  handoverMs: 5_000,
  unlinkMs: 5_000,
  banMs: 86_400_000,
  floorDivisor: 50,
  gate: {
    places: 50,
    perSecond: 200,
    burst: 100,
    probesPerSecond: 20,
    dropWindowMs: 2_000,
    attemptWindowMs: 2_000,
    outageMin: 1_000,
    canaryMs: 500,
    canaryCapMs: 1_000,
  },
};

export interface LogLine {
  /** The slug of a line of the log; a sentence to the operator has none. */
  readonly event?: LogEvent;
  readonly msg: string;
  readonly level: number;
  readonly org?: string;
  readonly [field: string]: unknown;
}

const isAlive = async (url: string): Promise<string | undefined> => {
  try {
    return (await fetch(`${url}/livez`)).ok ? url : undefined;
  } catch {
    return undefined; // it does not listen yet
  }
};
/** For a program whose log, where it names its address, cannot be read. */
export const freePort = async (): Promise<string> => {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => void server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return String(address.port);
};

export class Program {
  readonly log: LogLine[] = [];
  /** All that it ever wrote, for what must not be in it. */
  output = '';
  exitCode: number | null | undefined;
  private readonly child: ChildProcess;
  /** For a program whose log cannot be read. */
  private readonly fixedPort: string | undefined;
  private readonly exited: Promise<unknown>;

  /**
   * `through`: a command that becomes the one given to it, as `prlimit` and `setpriv` do. `started`: another
   * copy of the program than the one that was built here.
   */
  constructor(
    env: Record<string, string>,
    through: readonly string[] = [],
    started: readonly string[] = [process.execPath, '--import', trustTestRootPreload, main],
  ) {
    const [command = '', ...args] = [...through, ...started];
    this.fixedPort = env['PORT'];
    this.child = spawn(command, args, {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOST: '127.0.0.1',
        PORT: '0',
        LOG_FORMAT: 'json',
        LOG_LEVEL: 'debug',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = once(this.child, 'exit').then(([code]) => {
      this.exitCode = code as number | null;
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.output += `${line}\n`;
        try {
          this.log.push(JSON.parse(line) as LogLine);
        } catch {
          this.log.push({ msg: line, level: 0 }); // a sentence to the operator
        }
      });
    }
  }
  get pid(): number {
    return this.child.pid ?? 0;
  }
  async url(): Promise<string> {
    return until('the program to listen', () => {
      if (this.exitCode !== undefined)
        throw new Error(`the program ended (${this.exitCode}):\n${this.output.slice(-2_000)}`);
      if (this.fixedPort !== undefined) return isAlive(`http://127.0.0.1:${this.fixedPort}`);
      const line = this.logged('server.started')[0];
      return line ? String(line['url']) : undefined;
    });
  }
  async client(): Promise<Client> {
    return Client.connect(await this.url(), apiKey);
  }
  logged(event: LogEvent, org?: string): LogLine[] {
    return this.log.filter((l) => l.event === event && (org === undefined || l.org === org));
  }
  async untilLogged(event: LogEvent, org?: string): Promise<LogLine> {
    return until(`the log to have "${event}"`, () => this.logged(event, org)[0]);
  }
  /** Waits for so many more looks at the directory. */
  async looks(more: number): Promise<void> {
    const count = () => this.logged('scan.done').length;
    const before = count();
    await until(`${more} looks at the directory`, () => count() >= before + more);
  }
  /** As the kernel would: no goodbye. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
  async stop(): Promise<number | null | undefined> {
    this.child.kill('SIGTERM');
    await this.exited;
    return this.exitCode;
  }
  async ends(): Promise<number | null | undefined> {
    await this.exited;
    return this.exitCode;
  }
}

/** A directory of sessions with all that is started on it; everything is ended and removed by `close`. */
export class ProgramHarness {
  readonly root: string;
  private readonly url: string;
  private readonly programs: Program[] = [];
  private readonly clients: Client[] = [];

  private constructor(root: string, url: string) {
    this.root = root;
    this.url = url;
  }
  static async at(whatsappUrl: string, policy: object = hurriedPolicy): Promise<ProgramHarness> {
    const base = await mkdtemp(join(tmpdir(), 'vigia-e2e-'));
    await writeFile(join(base, 'policy.json'), JSON.stringify(policy));
    return new ProgramHarness(join(base, 'auth_sessions'), whatsappUrl);
  }
  org(name: string): string {
    return join(this.root, name);
  }
  /**
   * As an operator copies the directory of a live session, but for the files that come and go while it
   * writes.
   */
  async copy(from: string, to: string): Promise<void> {
    await cp(this.org(from), this.org(to), { recursive: true, filter: (path) => !path.endsWith('~') });
  }
  start(env: Record<string, string> = {}, through: readonly string[] = []): Program {
    const program = new Program(
      {
        AUTH_DIR: this.root,
        WHATSAPP_WS_URL: this.url,
        API_KEY: apiKey,
        SCAN_INTERVAL_MS: '1000',
        MAX_REQUESTS_PER_10_SECONDS: '100000', // tests poll
        POLICY_FILE: join(this.root, '../policy.json'),
        ...env,
      },
      through,
    );
    this.programs.push(program);
    return program;
  }
  async client(program: Program): Promise<Client> {
    const client = await program.client();
    this.clients.push(client);
    return client;
  }
  async close(): Promise<void> {
    for (const client of this.clients) client.close();
    await Promise.all(
      this.programs.filter((program) => program.exitCode === undefined).map((program) => program.kill()),
    );
    await rm(join(this.root, '..'), { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}
