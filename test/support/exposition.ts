/**
 * Prometheus' text format 0.0.4, read strictly: what a scraper, or promtool's linter, would not take is an
 * error here (prometheus.io, "Exposition formats" and "Metric and label naming").
 */
import { expect } from 'vitest';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const types: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);
const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
const endings: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

const labelsOf = (text: string): Record<string, string> => {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    const match = label.exec(text);
    if (!match) throw new Error(`labels that cannot be read: {${text}}`);
    const [, name = '', value = ''] = match;
    if (name in labels || name.startsWith('__'))
      throw new Error(`a label twice, or one that is reserved: ${name}`);
    labels[name] = value;
  }
  return labels;
};
const numberOf = (text: string): number => {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  if (text === 'Nan' || text === 'NaN') return Number.NaN;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) throw new Error(`not a number: ${text}`);
  return Number(text);
};

/** Throws at the first line that is wrong. */
export const readExposition = (text: string): ReadonlyMap<string, Family> => {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>();
  const seen = new Set<string>();
  let current: string | undefined;
  const family = (name: string) => {
    if (!metricName.test(name)) throw new Error(`not a name: ${name}`);
    if (name !== current && families.has(name)) throw new Error(`lines of ${name} in two places`);
    current = name;
    const known = families.get(name) ?? { type: '', help: '', samples: [] };
    families.set(name, known);
    return known;
  };
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue;
    const meta = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (meta) {
      const [, kind, name = '', rest = ''] = meta;
      const known = family(name);
      if (known.samples.length > 0) throw new Error(`${kind} of ${name} after its samples`);
      if (kind === 'HELP' ? known.help !== '' : known.type !== '')
        throw new Error(`${kind} of ${name} twice`);
      if (kind === 'TYPE' && !types.has(rest)) throw new Error(`no type: ${rest}`);
      if (kind === 'HELP') known.help = rest;
      else known.type = rest;
      continue;
    }
    if (line.startsWith('#')) continue;
    const match = sampleLine.exec(line);
    if (!match) throw new Error(`a line that is none: ${line}`);
    const [, name = '', labelText = '', value = ''] = match;
    const known = current === undefined ? undefined : families.get(current);
    if (!known || !(endings[known.type] ?? ['']).some((ending) => name === `${current}${ending}`))
      throw new Error(`a sample outside of its family: ${line}`);
    const labels = labelsOf(labelText);
    const series = `${name} ${Object.entries(labels)
      .map(([key, text]) => JSON.stringify([key, text]))
      .toSorted((a, b) => a.localeCompare(b))
      .join()}`;
    if (seen.has(series)) throw new Error(`a series twice: ${line}`);
    seen.add(series);
    known.samples.push({ name, labels, value: numberOf(value) });
  }
  return families;
};

/** What promtool's linter says: help, units, suffixes; and of histograms that their buckets grow and end. */
export const lint = (families: ReadonlyMap<string, Family>): void => {
  for (const [name, { type, help, samples }] of families) {
    expect(help, name).not.toBe('');
    expect(type, name).not.toBe('');
    expect(name.endsWith('_total'), `${name} is a ${type}`).toBe(type === 'counter');
    expect(name, 'base units').not.toMatch(/_(ms|milliseconds|minutes|hours|kb|mb|percent)(_|$)/);
    for (const sample of samples)
      for (const key of Object.keys(sample.labels)) expect(key).toMatch(labelName);
    if (type !== 'histogram') continue;
    const keyOf = ({ labels: { le: _, ...rest } }: Sample) => JSON.stringify(rest);
    for (const key of new Set(samples.map(keyOf))) {
      const all = samples.filter((sample) => keyOf(sample) === key);
      const buckets = all.filter((s) => s.name.endsWith('_bucket'));
      const bounds = buckets.map((s) => numberOf(s.labels['le'] ?? ''));
      const counts = buckets.map((s) => s.value);
      expect(bounds, `${name}${key}`).toEqual([...bounds].sort((a, b) => a - b));
      expect(counts, `${name}${key}`).toEqual([...counts].sort((a, b) => a - b));
      expect(bounds.at(-1)).toBe(Number.POSITIVE_INFINITY);
      expect(all.find((s) => s.name.endsWith('_count'))?.value, `${name}${key}`).toBe(counts.at(-1));
      expect(all.some((s) => s.name.endsWith('_sum'))).toBe(true);
    }
  }
};

export const sampleOf = (
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
) =>
  [...families.values()]
    .flatMap(({ samples }) => samples)
    .find(
      (s) =>
        s.name === name &&
        Object.keys(s.labels).length === Object.keys(labels).length &&
        Object.entries(labels).every(([k, v]) => s.labels[k] === v),
    )?.value;
