/** The policy file: each number within its limits, and a sentence for each that is not. */
import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../machines/domain/policy.ts';
import { defaultAlertPolicy } from '../../src/alerts/catalogue.ts';
import { flatten, parsePolicy } from '../../src/config/policy.ts';

const parse = (content: unknown) => parsePolicy(JSON.stringify(content), '/p.json');
const problemsOf = (content: unknown) => {
  const parsed = parse(content);
  return parsed.ok ? [] : parsed.problems;
};
const nested = (name: string, value: unknown): unknown =>
  name.split('.').reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
const all = flatten({ ...defaultPolicy, alerts: defaultAlertPolicy }).map(([name]) => name);

describe('a number of the policy file', () => {
  it.each(all.filter((name) => name.endsWith('Ms')))('%s is a time that a timer can wait', (name) => {
    for (const value of [1, 2_147_483_647]) expect(problemsOf(nested(name, value)), `${value}`).toEqual([]);
    for (const value of [0, 2_147_483_648, 1.5, '1', null, {}])
      expect(problemsOf(nested(name, value)), JSON.stringify(value)).toEqual([
        expect.stringMatching(new RegExp(`^POLICY_FILE: /p\\.json: ${name.replaceAll('.', '\\.')}: .+\\.$`)),
      ]);
  });
  it.each([
    'maxStrikes',
    'crashLimit',
    'gate.places',
    'gate.burst',
    'gate.outageMin',
    'alerts.flappingCount',
  ])('%s is a count of at most 100000', (name) => {
    for (const value of [1, 100_000]) expect(problemsOf(nested(name, value)), `${value}`).toEqual([]);
    for (const value of [0, 100_001, 1.5])
      expect(problemsOf(nested(name, value)), `${value}`).toHaveLength(1);
  });
  it.each(['gate.perSecond', 'gate.probesPerSecond'])('%s is a rate of at most 10000', (name) => {
    for (const value of [0.1, 10_000]) expect(problemsOf(nested(name, value)), `${value}`).toEqual([]);
    for (const value of [0, 10_001]) expect(problemsOf(nested(name, value)), `${value}`).toHaveLength(1);
  });
  it('floorDivisor is more than zero', () => {
    expect(problemsOf({ floorDivisor: 0.5 })).toEqual([]);
    expect(problemsOf({ floorDivisor: 0 })).toHaveLength(1);
  });
});

describe('a policy file', () => {
  it('changes what it names and nothing else', () => {
    const parsed = parse({ probeMs: 1, gate: { places: 2 }, alerts: { repeatMs: 3 } });
    expect(parsed).toEqual({
      ok: true,
      value: {
        policy: { ...defaultPolicy, probeMs: 1, gate: { ...defaultPolicy.gate, places: 2 } },
        alerts: { repeatMs: 3 },
        names: new Set(['probeMs', 'gate.places', 'alerts.repeatMs']),
      },
    });
  });
  it('that is empty keeps every default', () => {
    const kept = { ok: true, value: { policy: defaultPolicy, alerts: {}, names: new Set() } };
    for (const content of [{}, { gate: {} }, { alerts: {} }]) expect(parse(content)).toEqual(kept);
  });
  it('with a name that is none is refused, at each level', () => {
    for (const [content, place] of [
      [{ probMs: 1 }, 'the file'],
      [{ gate: { place: 1 } }, 'gate'],
      [{ alerts: { repeat: 1 } }, 'alerts'],
    ] as const)
      expect(problemsOf(content)).toEqual([
        expect.stringMatching(new RegExp(`^POLICY_FILE: /p\\.json: ${place}: Unrecognized key: .+\\.$`)),
      ]);
  });
  it('that is no JSON, or no object, is refused', () => {
    expect(parsePolicy('{', '/p.json')).toEqual({
      ok: false,
      problems: ['POLICY_FILE: /p.json is not valid JSON.'],
    });
    for (const content of [[], 7, 'text', null])
      expect(problemsOf(content)).toEqual([
        expect.stringMatching(/^POLICY_FILE: \/p\.json: the file: Invalid input/),
      ]);
  });
});
