/** Deliveries to a receiver of the test's own, over real HTTP, with the schedule's waits divided. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { memoryTable } from '../../src/database/memory-table.ts';
import type { Table } from '../../src/database/table.ts';
import { allowing } from '../../src/delivery/address.ts';
import { Deliveries, type DeliveryOptions } from '../../src/delivery/delivery.ts';
import { openPost } from '../../src/delivery/http-post.ts';
import type { Endpoint, EventMessage, NoticeMessage } from '../../src/delivery/message.ts';

export const secret = `whsec_${Buffer.from('a secret for tests, 24 bytes+').toString('base64')}`;
export interface Got {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
type Answer = (got: Got, response: ServerResponse, nth: number) => void;

/** A receiver that answers as it is told; 204 unless told otherwise. */
export class Receiver {
  readonly got: Got[] = [];
  answer: Answer = (_, response) => void response.writeHead(204).end();
  readonly #server = createServer((request, response) => void this.#take(request, response));

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const got = { path: request.url ?? '', headers: request.headers as Record<string, string>, body };
    this.got.push(got);
    this.answer(got, response, this.got.length);
  }
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => void this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => void this.#server.close(resolve));
  }
  ids(): readonly string[] {
    return this.got.map(({ body }) => (JSON.parse(body) as { id: string }).id);
  }
}

export const webhookAt = (url: string, over: Partial<Endpoint> = {}): Endpoint => ({
  name: 'django',
  kind: 'webhook',
  url,
  secrets: [secret],
  ...over,
});
export const eventOf = (id: string, over: Partial<EventMessage> = {}): EventMessage => ({
  kind: 'event',
  id,
  type: 'session.updated',
  timestamp: '2026-01-15T03:35:00.000Z',
  orgId: 'acme',
  data: { session: { orgId: 'acme', revision: 7 } },
  ...over,
});
export const noticeOf = (id: string, over: Partial<NoticeMessage> = {}): NoticeMessage => ({
  kind: 'notice',
  id,
  timestamp: '2026-01-15T03:35:00.000Z',
  name: 'SessionLoggedOut',
  severity: 'critical',
  isOver: false,
  isReminder: false,
  started: [],
  resolved: [],
  firing: 1,
  ...over,
});

export const openDeliveryHarness = (
  endpoints: readonly Endpoint[],
  over: Partial<DeliveryOptions> & { table?: Table; deadlineMs?: number } = {},
) => {
  const table = over.table ?? memoryTable();
  const health: string[] = [];
  const logged: string[] = [];
  const delivery = new Deliveries({
    table,
    endpoints,
    post: openPost({ isAllowed: allowing(['127.0.0.0/8']), deadlineMs: over.deadlineMs ?? 5_000 }),
    now: () => Date.now(),
    random: () => 0.5,
    divisor: 1_000,
    onHealth: (name, isWell) => void health.push(`${name} ${isWell ? 'well' : 'failing'}`),
    onAttempt: () => {},
    log: (event) => void logged.push(event),
    ...over,
  });
  return { delivery, table, health, logged };
};
