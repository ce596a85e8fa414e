/** One organization in a process of its own: the built program, which is killed and started again. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Client, RpcError } from '../../../test/support/client.ts';
import { type Program, ProgramHarness } from '../../../test/support/program.ts';
import { until } from '../../../test/support/until.ts';
import { seedCredentials } from '../../../test/support/whatsapp/credentials.ts';

/** What `message.send` answers, as far as it is compared here. */
export interface Accepted {
  readonly id: string;
  readonly whatsappId: string;
  readonly state: string;
  readonly error: { readonly reason: string } | null;
}

const pauseMs = 50;
/** A call without an answer is repeated: the program was killed, or a connection is stuck. */
const answerWithinMs = 20_000;
/** Refusals that depend on the moment: the call is repeated. */
const passing: ReadonlySet<string> = new Set([
  ...['closed', 'none', 'unavailable', 'invalid_state', 'internal_error', 'not_found', 'shutting_down'],
]);

export class Organization {
  readonly name: string;
  readonly phone: string;
  readonly harness: ProgramHarness;
  /** By reason: refusals after which the call was repeated. */
  readonly refusals = new Map<string, number>();
  readonly #env: Record<string, string>;
  #program: Program | undefined;
  #client: Promise<Client> | undefined;
  #isKilling = false;
  /** All output of processes that have ended. */
  #output = '';

  private constructor(name: string, phone: string, harness: ProgramHarness, env: Record<string, string>) {
    this.name = name;
    this.phone = phone;
    this.harness = harness;
    this.#env = env;
  }

  static async open(
    given: { readonly name: string; readonly phone: string },
    whatsappUrl: string,
    env: Record<string, string>,
  ): Promise<Organization> {
    const harness = await ProgramHarness.at(whatsappUrl);
    const org = new Organization(given.name, given.phone, harness, env);
    await seedCredentials(harness.org(given.name), { phone: given.phone, name: given.name });
    org.start();
    return org;
  }

  /** Everything that its processes have written. */
  get output(): string {
    return this.#output + (this.#program?.output ?? '');
  }

  start(): void {
    const program = this.harness.start(this.#env);
    this.#program = program;
    this.#client = this.harness.client(program);
    this.#client.catch(() => undefined); // killed before it listened: calls get this error
  }

  /** SIGKILL, and a new process on the same directory. */
  async kill(): Promise<void> {
    const killed = this.#program;
    this.#isKilling = true;
    await killed?.kill();
    this.#output += killed?.output ?? '';
    this.start();
    this.#isKilling = false;
  }

  async stop(): Promise<number | null | undefined> {
    return this.#program?.stop();
  }

  /** Calls until it is answered; kills and refusals of the moment are ridden out. */
  async call(method: string, params: object, isOver = () => false): Promise<Record<string, unknown>> {
    for (;;) {
      try {
        const client = await (this.#client as Promise<Client>);
        const late = wait(answerWithinMs, undefined, { ref: false }).then(() => {
          throw new RpcError('no answer', 'none');
        });
        return await Promise.race([client.call(method, params), late]);
      } catch (error) {
        const reason = error instanceof RpcError ? error.reason : 'closed';
        if (!passing.has(reason) || isOver()) throw error;
        this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
        await this.#again();
      }
    }
  }

  async get(messageId: string): Promise<Accepted> {
    const { message } = await this.call('message.get', { orgId: this.name, messageId });
    return message as Accepted;
  }

  async connected(): Promise<void> {
    await until(`${this.name} to be connected`, async () => {
      const { session } = await this.call('session.get', { orgId: this.name });
      return (session as { readonly state: string }).state === 'connected';
    });
  }

  async #again(): Promise<void> {
    await wait(pauseMs);
    const client = await this.#client?.catch(() => undefined);
    const program = this.#program;
    if (program?.exitCode !== undefined && !this.#isKilling)
      throw new Error(`${this.name} ended (${program.exitCode}):\n${program.output.slice(-2_000)}`);
    const isLost = client === undefined || client.closeCode !== undefined;
    if (isLost && program && !this.#isKilling) this.#client = this.harness.client(program);
    this.#client?.catch(() => undefined);
  }
}
