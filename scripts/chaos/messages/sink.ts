/** The webhooks of both organizations: what their backends have received. */
import { Receiver } from '../../../test/delivery/harness.ts';
import type { Rng } from '../rng.ts';

/** One distinct event; a repeated delivery of it has the same id. */
export interface Received {
  readonly eventId: string;
  readonly org: string;
  readonly type: string;
  readonly seq: number;
  readonly whatsappId: string;
  readonly text: string | undefined;
}

interface Body {
  readonly id: string;
  readonly type: string;
  readonly orgId: string;
  readonly data: {
    readonly seq?: number;
    readonly message?: { readonly whatsappId: string; readonly text?: { readonly body: string } };
    readonly unreadable?: { readonly whatsappId: string };
  };
}

const refusesOneOf = 10;

export class Sink {
  readonly events = new Map<string, Received>();
  /** How often deliveries were repeated. */
  repeats = 0;
  readonly #receiver = new Receiver();
  readonly #rng: Rng;
  readonly #seen: (point: 'at a delivery' | 'after a delivery', org: string) => void;

  constructor(rng: Rng, seen: (point: 'at a delivery' | 'after a delivery', org: string) => void) {
    this.#rng = rng;
    this.#seen = seen;
    this.#receiver.answer = ({ body }, response) => {
      const event = JSON.parse(body) as Body;
      this.#seen('at a delivery', event.orgId);
      this.#take(event);
      response.writeHead(this.#rng.between(0, refusesOneOf) === 0 ? 503 : 204).end();
      response.once('finish', () => this.#seen('after a delivery', event.orgId));
    };
  }

  listen(): Promise<string> {
    return this.#receiver.listen();
  }
  close(): Promise<void> {
    return this.#receiver.close();
  }

  /** What the backend of an organization has, each event once. */
  of(org: string, type: string): Received[] {
    return [...this.events.values()].filter((event) => event.org === org && event.type === type);
  }

  #take({ id, type, orgId, data }: Body): void {
    if (this.events.has(id)) this.repeats += 1;
    const whatsappId = data.message?.whatsappId ?? data.unreadable?.whatsappId;
    if (whatsappId === undefined || data.seq === undefined) return;
    this.events.set(id, {
      ...{ eventId: id, org: orgId, type, seq: data.seq, whatsappId },
      text: data.message?.text?.body,
    });
  }
}
