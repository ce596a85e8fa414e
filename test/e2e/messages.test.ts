/** Messages between two programs, as their clients use them. The fake server relays and is the judge. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type End, openTwoEnds } from '../support/messaging.ts';
import { apiKey } from '../support/program.ts';
import { until } from '../support/until.ts';

let ends: Awaited<ReturnType<typeof openTwoEnds>>;
let acme: End;
let beta: End;
beforeAll(async () => {
  ends = await openTwoEnds();
  ({ acme, beta } = ends);
});
afterAll(() => ends.close());

describe('a message of message.send', () => {
  it('is answered when it is durable, arrives once, and reports its states', async () => {
    const { status, body } = await acme.send(beta, 'the first', 'k-1');
    expect([status, body.replayed, body.message.orgId]).toEqual([200, false, 'acme']);
    expect(body.message.whatsappId).toMatch(/^3EB0[0-9A-F]{18}$/);
    const message = await acme.settled(body.message.id, ['delivered', 'read']);
    expect(message).toMatchObject({ whatsappId: body.message.whatsappId, error: null });
    const [event] = await until('the webhook', () => {
      const got = beta.posted('message.received');
      return got.length > 0 && got;
    });
    expect(event).toMatchObject({
      orgId: 'beta',
      data: {
        seq: 1,
        message: {
          whatsappId: body.message.whatsappId,
          direction: 'incoming',
          type: 'text',
          text: { body: 'the first' },
          contact: { phone: acme.phone },
        },
      },
    });
    await until('its states', () =>
      acme.posted('message.updated').some(({ data }) => data.message.deliveredAt),
    );
    expect(acme.posted('message.updated').every(({ data }) => data.message.id === body.message.id)).toBe(
      true,
    );
  });
  it('with the same key is one message, also when many ask at once and after a kill', async () => {
    const many = Array.from({ length: 30 }, () => acme.send(beta, 'only once', 'k-2'));
    const answers = await Promise.all(many);
    expect(new Set(answers.map(({ body }) => body.message?.id)).size).toBe(1);
    expect(answers.filter(({ body }) => body.replayed === false).length).toBe(1);
    const [first] = answers;
    const { id, whatsappId } = first?.body.message ?? {};
    await acme.settled(id, ['delivered', 'read']);
    await acme.restart();
    const again = await acme.send(beta, 'only once', 'k-2');
    expect(again.body).toMatchObject({ replayed: true, message: { id, whatsappId } });
    const conflict = await acme.send(beta, 'another text', 'k-2');
    expect([conflict.status, conflict.body.error.code]).toEqual([409, 'idempotency_conflict']);
    await until('it arrives', () => beta.texts().includes('only once'));
    expect(beta.texts().filter((text) => text === 'only once')).toEqual(['only once']);
  });
  it('to a number without WhatsApp is refused, and nothing leaves', async () => {
    const { body } = await acme.call('message.send', {
      orgId: 'acme',
      to: '99977777777',
      type: 'text',
      text: { body: 'x' },
      idempotencyKey: 'k-3',
      waitFor: 'sent',
    });
    const error = body.error?.code ?? body.message?.error?.reason;
    expect(error).toBe('recipient_unreachable');
  });
});

describe('a kill', () => {
  it('of the receiver loses nothing that was sent meanwhile, and its webhook gets each once', async () => {
    const texts = Array.from({ length: 20 }, (_, n) => `before and after ${n}`);
    await Promise.all(texts.slice(0, 10).map((text, n) => acme.send(beta, text, `r-${n}`)));
    await beta.program.kill();
    await Promise.all(texts.slice(10).map((text, n) => acme.send(beta, text, `r-${10 + n}`)));
    await beta.start();
    await until('all to arrive', () => texts.every((text) => beta.texts().includes(text)));
    const ofKill = beta.texts().filter((text) => text.startsWith('before and after'));
    expect([...ofKill].sort()).toEqual([...texts].sort());
  });
  it('of the sender ends each accepted message in a state that is true, and doubles none', async () => {
    const texts = Array.from({ length: 20 }, (_, n) => `from a killed sender ${n}`);
    const accepted = await Promise.all(texts.map((text, n) => acme.send(beta, text, `s-${n}`)));
    await acme.restart();
    for (const { body } of accepted) {
      const message = await acme.settled(body.message.id, ['sent', 'delivered', 'read', 'unknown', 'failed']);
      const text = texts[accepted.findIndex((one) => one.body.message.id === message.id)] ?? '';
      if (message.state === 'sent' || message.state === 'delivered')
        await until('it arrives', () => beta.texts().includes(text));
    }
    const arrived = beta.texts().filter((text) => text.startsWith('from a killed sender'));
    expect(new Set(arrived).size).toBe(arrived.length);
  });
});

describe('media', () => {
  it('that is uploaded is sent, arrives as metadata, and is fetched by its id', async () => {
    const bytes = Buffer.from('%PDF-1.4 a small document');
    const uploaded = await fetch(`${await acme.program.url()}/v1/media?orgId=acme`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/pdf' },
      body: bytes,
    });
    expect(uploaded.status).toBe(201);
    const { mediaId } = (await uploaded.json()) as { mediaId: string };
    const { status, body } = await acme.call('message.send', {
      orgId: 'acme',
      to: beta.phone,
      type: 'document',
      document: { media: { id: mediaId }, filename: 'invoice.pdf' },
      idempotencyKey: 'm-1',
    });
    expect([status, body.error]).toEqual([200, undefined]);
  });
});
