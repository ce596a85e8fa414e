/**
 * The rules and the dashboard name only existing metrics and labels. The page of metrics names exactly the
 * existing ones.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type MetricSpec, metrics } from '../../src/metrics/catalogue.ts';
import { openMetrics } from '../../src/metrics/metrics.ts';
import { readExposition } from '../support/exposition.ts';

const pathOf = (file: string) => fileURLToPath(new URL(`../../docs/${file}`, import.meta.url));
const textOf = (file: string) => readFileSync(pathOf(file), 'utf8');
const catalogue: Readonly<Record<string, MetricSpec>> = metrics;
/** The labels that Prometheus adds to every series of a target, and to buckets. */
const everywhere = ['job', 'instance', 'le'];

/** The histogram of a `_bucket`, `_sum` or `_count`. */
const specOf = (name: string): MetricSpec | undefined => {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return catalogue[name]?.type === 'histogram'
    ? undefined
    : (catalogue[name] ?? (catalogue[base]?.type === 'histogram' ? catalogue[base] : undefined));
};
/**
 * Every fault of an expression: unknown metrics, labels that they lack, and values that a label never has.
 */
const faultsOf = (expression: string): string[] => {
  const faults: string[] = [];
  const known = new Set(everywhere);
  for (const [, name = '', selector = ''] of expression.matchAll(/\b(vigia_\w+)(?:\{([^}]*)\})?/g)) {
    const spec = specOf(name);
    if (!spec) faults.push(`there is no ${name}`);
    for (const label of Object.keys(spec?.labels ?? {})) known.add(label);
    for (const [, label = '', operator = '', value = ''] of selector.matchAll(
      /(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g,
    )) {
      const values = spec?.labels[label];
      if (!values && !everywhere.includes(label)) faults.push(`${name} has no ${label}`);
      for (const one of operator.endsWith('~') ? value.split('|') : [value])
        if (Array.isArray(values) && !values.includes(one))
          faults.push(`${label} of ${name} is never ${one}`);
    }
  }
  for (const [, list = ''] of expression.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g))
    for (const label of list.split(',').map((text) => text.trim()))
      if (!known.has(label)) faults.push(`no metric here has ${label}`);
  return faults;
};
const labelsOfExpression = (expression: string): string[] => [
  ...everywhere,
  ...[...expression.matchAll(/\bvigia_\w+/g)].flatMap(([name]) => Object.keys(specOf(name)?.labels ?? {})),
];

interface Shown {
  readonly title: string;
  readonly expr: string;
  readonly template: string;
}
interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
const panels = (JSON.parse(textOf('examples/grafana-dashboard.json')) as { panels: readonly Panel[] }).panels;
const shown: Shown[] = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, template: legendFormat })),
);
/** The single rules. `promtool` checks the syntax in a test below. */
const rules: Shown[] = textOf('examples/prometheus-rules.yml')
  .split(/^ +- alert: /m)
  .slice(1)
  .map((rule) => {
    const expr = /^ +expr: (?:\|\n((?: {10,}.*\n)+)|(.*)\n)/m.exec(rule);
    return { title: rule.split('\n', 1)[0] ?? '', expr: expr?.[1] ?? expr?.[2] ?? '', template: rule };
  });

describe('the examples for Prometheus and Grafana', () => {
  it('are found by this test', () => {
    expect(rules.length).toBeGreaterThanOrEqual(10);
    expect(shown.length).toBeGreaterThanOrEqual(20);
    for (const { title, expr } of [...rules, ...shown])
      expect(expr, title).toMatch(/vigia|nodejs|process|up/);
  });
  it.each([...rules, ...shown])('$title: $expr', ({ expr, template }) => {
    expect(faultsOf(expr)).toEqual([]);
    for (const [, label] of template.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}/g))
      expect(labelsOfExpression(expr)).toContain(label);
  });
  it('are checked by a test that finds every kind of fault', () => {
    expect(faultsOf('sum by (sate) (vigia_sessions{state="conected", org="a"}) / vigia_session')).toEqual([
      'state of vigia_sessions is never conected',
      'vigia_sessions has no org',
      'there is no vigia_session',
      'no metric here has sate',
    ]);
    expect(faultsOf('rate(vigia_pairing_duration_seconds[5m])')).toEqual([
      'there is no vigia_pairing_duration_seconds',
    ]);
  });
  it('have a severity, a summary and an action in every rule', () => {
    for (const { template } of rules) expect(template).toMatch(/severity: [\s\S]*summary: [\s\S]*action: /);
  });
  it('have valid rules for promtool', (context) => {
    try {
      execFileSync('promtool', ['--version'], { stdio: 'pipe' });
    } catch {
      return context.skip('there is no promtool here');
    }
    expect(
      execFileSync('promtool', ['check', 'rules', pathOf('examples/prometheus-rules.yml')], {
        encoding: 'utf8',
      }),
    ).toContain('SUCCESS');
  });
});

describe('docs/operators/METRICS.md', () => {
  it('documents exactly the existing metrics', async () => {
    const readings = {
      alertsFiring: () => [],
      outbox: () => [],
      database: () => 'durable' as const,
      wsConnections: () => 0,
      unrecorded: () => 0,
      messages: () => ({ waiting: 0, receivedBytes: 0, sentBytes: 0, unreadable: 0 }),
      logLinesDropped: () => 0,
      patches: () => [],
    };
    const { text } = openMetrics({ version: '1', endpoints: [], perOrg: true, now: () => 0, readings });
    const existing = [...readExposition((await text()).body).keys()].filter((name) =>
      name.startsWith('vigia_'),
    );
    const documented = [...textOf('operators/METRICS.md').matchAll(/^\| `(vigia_\w+)` \|/gm)].map(
      ([, name]) => name,
    );
    expect(documented).toHaveLength(existing.length);
    expect(new Set(documented)).toEqual(new Set(existing));
  });
});
