import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type DeviceId, type SeedOptions, seedCredentials } from './credentials.ts';
import type { Target } from './devices.ts';
import type { Fault, SessionFault } from './faults.ts';
import type { Options } from './options.ts';
import type { HowOften, RequestFault, StanzaFault, StanzaTarget } from './relay/faults.ts';
import type { Which } from './relay/ledger.ts';
import type { FakeWhatsApp, Scanner } from './server.ts';

/**
 * What a fake server in its own process can be told: one POST to `/` on loopback with `{"command": …, "args":
 * […]}`, answered by `{"value": …}`, or by status 500 and `{"error": …}`. The two ends are this table and the
 * client in `remote.ts`, typed by it.
 */
export const commandsOf = (server: FakeWhatsApp) => ({
  configure: (options: Partial<Options>) => ({ ...Object.assign(server.options, options) }),
  /** Writes a credentials directory; the server lets that device in without being told. */
  seed: async (directory: string, options: SeedOptions) => (await seedCredentials(directory, options)).me?.id,
  scan: (qrText: string, scanner?: Scanner) => server.scan(qrText, scanner),
  enterCode: (phone: string, code: string, scanner?: Omit<Scanner, 'phone'>) =>
    server.enterCode(phone, code, scanner),
  revoke: (target: Target) => server.revoke(target),
  revive: (target: Target) => server.revive(target),
  fault: (target: Target, fault: Fault, times?: number) => server.fault(target, fault, times),
  clearFaults: (target?: Target) => server.clearFaults(target),
  strike: (target: Target, sessionFault: SessionFault) => server.strike(target, sessionFault),
  dropAll: (how?: 'reset' | 'fin' | 'close') => server.dropAll(how),
  stats: () => server.stats(),
  devices: (target?: Target) => server.devices(target),
  attemptTimes: () => server.attemptTimes(),
  /** The rows of the relay's ledger. */
  relayed: (which?: Which) => server.relay.ledger.messages(which),
  /** How many messages were taken by every recipient. */
  settled: () =>
    server.relay.ledger
      .messages()
      .filter(({ deliveries }) => deliveries.every(({ state }) => state !== 'waiting')).length,
  retries: (by?: string) => server.relay.ledger.retries(by),
  /** How many messages wait for a device. */
  waiting: (id: DeviceId) => server.relay.waiting(id),
  stanzaFault: (target: StanzaTarget, fault: StanzaFault, howOften?: HowOften) =>
    server.relay.faults.set(target, fault, howOften),
  requestFault: (xmlns: string, fault: RequestFault, howOften?: HowOften) =>
    server.relay.faults.setRequest(xmlns, fault, howOften),
  clearStanzaFaults: () => server.relay.faults.clear(),
  createGroup: (group: Parameters<typeof server.relay.groups.create>[0]) => server.relay.groups.create(group),
  /** Ends every connection and refuses new ones (ECONNREFUSED) until `listen`. */
  close: () => server.close(),
  listen: (port: number) => server.listen(port),
});

export type Commands = ReturnType<typeof commandsOf>;

const maxBodyBytes = 1 << 20;

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBodyBytes) throw new Error(`a command has at most ${maxBodyBytes} bytes`);
    parts.push(part);
  }
  return JSON.parse(Buffer.concat(parts).toString());
}

async function run(commands: Commands, body: unknown): Promise<unknown> {
  const { command, args = [] } = body as { command: string; args?: unknown[] };
  if (!Object.hasOwn(commands, command))
    throw new Error(`there is no command ${command}; known are ${Object.keys(commands).join(', ')}`);
  return (commands[command as keyof Commands] as (...given: unknown[]) => unknown)(...args);
}

/** Starts the control on 127.0.0.1 and returns it with its port. */
export async function startControl(
  server: FakeWhatsApp,
  port = 0,
): Promise<{ readonly http: Server; readonly port: number }> {
  const commands = commandsOf(server);
  const http = createServer((request, response) => {
    bodyOf(request)
      .then((body) => run(commands, body))
      .then(
        (value) => response.end(JSON.stringify({ value })),
        (error: unknown) => response.writeHead(500).end(JSON.stringify({ error: String(error) })),
      );
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return { http, port: (http.address() as AddressInfo).port };
}
