/**
 * Frames that a client could send: valid ones, made from the schemas of the contract, and mutations of them.
 */
import fc from 'fast-check';
import { z } from 'zod';
import { type MethodName, methods } from '../../../src/protocol/methods.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * Organizations that exist, that another key sees, that do not exist, and names that code could mistake for
 * something else.
 */
export const orgs = [
  'acme',
  'beta',
  'gone',
  'constructor',
  'toString',
  'hasOwnProperty',
  'a.b@c',
  'x'.repeat(128),
];

/** Values that random text would never be. */
const likely: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  protocolVersion: fc.constant('1.0'),
  apiKey: fc.constantFrom('tenant', 'wrong', 'vigia_abc_def'),
  fingerprint: fc.constantFrom('mine', 'theirs'),
  seq: fc.nat(50),
};
const ofSchema = (schema: JsonSchema): fc.Arbitrary<unknown> => {
  if ('const' in schema) return fc.constant(schema['const']);
  if ('enum' in schema) return fc.constantFrom(...(schema['enum'] as unknown[]));
  const either = (schema['anyOf'] ?? schema['oneOf']) as JsonSchema[] | undefined;
  if (either) return fc.oneof(...either.map(ofSchema));
  const all = schema['allOf'] as JsonSchema[] | undefined;
  if (all?.[0]) return ofSchema(all[0]);
  switch (schema['type']) {
    case 'string':
      return ofText(schema);
    case 'integer':
    case 'number':
      return fc.integer({
        min: Math.max(Number(schema['minimum'] ?? -1e9), -1e9),
        max: Math.min(Number(schema['maximum'] ?? 1e9), 1e9),
      });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(ofSchema(schema['items'] as JsonSchema), {
        minLength: Number(schema['minItems'] ?? 0),
        maxLength: 3,
      });
    case 'object': {
      const fields = (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
      const arbitraries = Object.fromEntries(
        Object.entries(fields).map(([name, field]) => [
          name,
          likely[name] ? fc.oneof(likely[name], ofSchema(field)) : ofSchema(field),
        ]),
      );
      return fc.record(arbitraries, { requiredKeys: (schema['required'] ?? []) as never[] });
    }
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
};
const ofText = (schema: JsonSchema): fc.Arbitrary<string> => {
  if (schema['format'] === 'date-time')
    return fc
      .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
      .map((date) => date.toISOString());
  const pattern = schema['pattern'] as string | undefined;
  if (pattern?.includes('._@+-')) return fc.constantFrom(...orgs);
  if (pattern) return fc.stringMatching(new RegExp(pattern));
  const minLength = Number(schema['minLength'] ?? 0);
  return fc.string({
    unit: 'binary',
    minLength,
    maxLength: Math.max(minLength, Math.min(20, Number(schema['maxLength'] ?? 20))),
  });
};

const names = Object.keys(methods) as MethodName[];
const id = fc.oneof(
  fc.integer(),
  fc.string({ minLength: 1, maxLength: 8 }),
  fc.constantFrom(0, -0, Number.MAX_SAFE_INTEGER, 'x'.repeat(64)),
);
const paramsOf = Object.fromEntries(
  names.map((name) => [
    name,
    ofSchema(z.toJSONSchema(methods[name].params, { io: 'input', unrepresentable: 'any' }) as JsonSchema),
  ]),
) as Record<MethodName, fc.Arbitrary<unknown>>;
/** A valid request; `initialize` seldom, because a second one closes the connection. */
const request = fc.constantFrom(...names, ...names.filter((name) => name !== 'initialize')).chain((method) =>
  fc.record({
    jsonrpc: fc.constant('2.0'),
    id,
    method: fc.constant<string>(method),
    params: paramsOf[method],
  }),
);

const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    null,
    '',
    [],
    {},
    -1,
    1e308,
    2 ** 53,
    '__proto__',
    'constructor',
    '\u0000',
    '\ud800',
    '../../etc/passwd',
    'ａｃｍｅ',
    'x'.repeat(5_000),
  ),
);
const keys = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  'length',
  'then',
  'toJSON',
  'orgId',
  'apiKey',
  'params',
  'id',
  'método',
);
type Mutation = (frame: unknown) => unknown;
/** Changes one place, which the number chooses. */
const at =
  (where: number, change: (holder: Record<string, unknown>, name: string) => void): Mutation =>
  (frame) => {
    const places: [Record<string, unknown>, string][] = [];
    const visit = (value: unknown) => {
      if (typeof value !== 'object' || value === null) return;
      for (const name of Object.keys(value)) {
        places.push([value as Record<string, unknown>, name]);
        visit((value as Record<string, unknown>)[name]);
      }
    };
    visit(frame);
    const place = places[where % Math.max(1, places.length)];
    if (place) change(...place);
    return frame;
  };
const mutation: fc.Arbitrary<Mutation> = fc
  .tuple(fc.nat(1_000), junk, keys, fc.nat(5))
  .map(([where, value, key, kind]) => {
    if (kind === 0) return at(where, (holder, name) => void delete holder[name]);
    if (kind === 1)
      return at(where, (holder, name) => {
        // not by assignment: "__proto__" shall become a field of its own
        if (!Array.isArray(holder))
          Object.defineProperty(holder, key, {
            value: holder[name],
            enumerable: true,
            configurable: true,
            writable: true,
          });
      });
    if (kind === 2) return (frame) => [frame, frame];
    return at(where, (holder, name) => {
      holder[name] = value;
    });
  });
/** Changes of the text: cut, or with other text in the middle. */
const damage = fc.oneof(
  { weight: 6, arbitrary: fc.constant((text: string) => text) },
  {
    weight: 1,
    arbitrary: fc.nat(500).map((cut) => (text: string) => text.slice(0, cut % Math.max(1, text.length))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.nat(500),
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 4 }),
          fc.constantFrom('"', '{', '}', '[', ',', '\\u', '\u0000', '1e999', '/*'),
        ),
      )
      .map(
        ([where, text]) =>
          (whole: string) =>
            `${whole.slice(0, where % (whole.length + 1))}${text}${whole.slice((where % (whole.length + 1)) + 1)}`,
      ),
  },
);
const broken = fc
  .tuple(request, fc.array(mutation, { maxLength: 3 }), damage)
  .map(([frame, mutations, hurt]) =>
    hurt(JSON.stringify(mutations.reduce<unknown>((value, mutate) => mutate(value), structuredClone(frame)))),
  );
const nonsense = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(
    '',
    ' ',
    'null',
    '0',
    '[]',
    '{}',
    '"',
    '['.repeat(30_000),
    `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
    '{"jsonrpc":"2.0","jsonrpc":"1.0","id":1,"id":2,"method":"ping"}',
  ),
);

/** The text of a frame: a valid one, a mutated one, or none at all. */
export const frameText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: request.map((frame) => JSON.stringify(frame)) },
  { weight: 6, arbitrary: broken },
  { weight: 1, arbitrary: nonsense },
);
