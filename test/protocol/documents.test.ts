/**
 * The published contract, judged by others' programs: AsyncAPI's own parser, and a validator of JSON Schemas.
 */
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { describe, expect, it } from 'vitest';
import { asyncapiDocument } from '../../src/protocol/documents/asyncapi.ts';
import { schemasDocument } from '../../src/protocol/documents/schemas.ts';
import { events } from '../../src/protocol/events.ts';
import { methods } from '../../src/protocol/methods.ts';
import { Limits } from '../../src/protocol/shapes.ts';
import { schemas } from '../support/schemas.ts';

const written = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../docs/integrators/${name}`, import.meta.url), 'utf8')) as unknown;

describe('the AsyncAPI document', () => {
  it('is accepted by the parser of AsyncAPI', async () => {
    const { document, diagnostics } = await new Parser().parse(JSON.stringify(written('asyncapi.json')));
    // 3.0 is what tools read
    const wrong = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version');
    expect(wrong.map(({ code, message, path }) => `${code} at ${path.join('/')}: ${message}`)).toEqual([]);
    const operations = document?.operations().all() ?? [];
    const ids = (action: 'isReceive' | 'isSend') =>
      operations.filter((one) => one[action]()).map((one) => one.id());
    expect(new Set(ids('isReceive'))).toEqual(new Set([...Object.keys(methods), 'rpc']));
    expect(new Set(ids('isSend'))).toEqual(
      new Set([...Object.keys(events).map((type) => `event.${type}`), 'heartbeat']),
    );
    for (const operation of operations)
      expect(operation.messages().all().length, operation.id()).toBeGreaterThan(0);
    const pair = operations.find((one) => one.id() === 'session.pair');
    expect(
      pair
        ?.reply()
        ?.messages()
        .all()
        .map((message) => message.id()),
    ).toEqual(['session.pair.response', 'Failure']);
  });
  it('equals the published file', () => {
    expect(written('asyncapi.json')).toEqual(JSON.parse(JSON.stringify(asyncapiDocument())));
    expect(written('schemas.json')).toEqual(JSON.parse(JSON.stringify(schemasDocument())));
  });
  it('refers to nothing outside itself', () => {
    const text = JSON.stringify(asyncapiDocument());
    expect(
      [...text.matchAll(/"\$ref":"([^"]+)"/g)].filter(([, target]) => !target?.startsWith('#/')),
    ).toEqual([]);
  });
});

describe('the JSON Schemas', () => {
  const { faults } = schemas();
  const request = (method: string, params?: object) => ({ jsonrpc: '2.0', id: 1, method, params });
  it('accept and refuse the same values as the registry', () => {
    const cases: readonly (readonly [method: keyof typeof methods, params: object])[] = [
      ['session.get', { orgId: 'acme' }],
      ['session.get', { orgId: '../etc' }],
      ['session.get', {}],
      ['session.restore', { orgId: 'acme', forse: true }],
      ['session.restore', { orgId: 'acme', force: true }],
      ['session.list', {}],
      ['session.list', { limit: 501 }],
      ['session.list', { states: ['connected', 'idle'] }],
      ['session.list', { states: [] }],
      ['session.pair', { orgId: 'a' }],
      ['session.pair', { orgId: 'a', method: 'qr' }],
      ['session.pair', { orgId: 'a', method: 'code' }],
      ['session.pair', { orgId: 'a', method: 'code', phoneNumber: '34600111222' }],
      ['session.pair', { orgId: 'a', method: 'code', phoneNumber: '+34600111222' }],
      ['session.pair', { orgId: 'a', phoneNumber: '34600111222' }],
      ['subscribe', { topics: ['sessions'], since: { epoch: 'x', seq: 3 } }],
      ['subscribe', { topics: ['sessions'], since: { epoch: 'x', seq: -3 } }],
      ['subscribe', { topics: [] }],
      ['ping', {}],
    ];
    for (const [method, params] of cases) {
      const takes = methods[method].params.safeParse(params).success;
      const what = `${method} ${JSON.stringify(params)}`;
      expect(faults(`${method}.request`, request(method, params)).length === 0, what).toBe(takes);
      expect(faults('ClientFrame', request(method, params)).length === 0, what).toBe(takes);
    }
    expect(cases.filter(([method, params]) => methods[method].params.safeParse(params).success).length).toBe(
      9,
    );
  });
  it('make params optional only where none are required', () => {
    expect(faults('ping.request', request('ping'))).toEqual([]);
    expect(faults('session.get.request', request('session.get'))).not.toEqual([]);
  });
  it('describe every limit', () => {
    for (const [name, { description }] of Object.entries(Limits.shape))
      expect(description, name).toMatch(/^[A-Z].*\.$/);
  });
});
