import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type LogEvent, logEvents } from '../../src/base/log-events.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const filesOf = (folder: string, ending: RegExp) =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ file: relative(root, path), text: readFileSync(path, 'utf8') }));
const isTable = (file: string) => file.startsWith('src/base/log-events');
const sources = [...filesOf('machines', /\.ts$/), ...filesOf('src', /\.ts$/)].filter(
  ({ file }) => !isTable(file),
);
const withoutComments = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
const slugs = Object.keys(logEvents);
const entries = Object.values(logEvents);

describe('the table of log events', () => {
  it('has slugs of the form area.event', () => {
    expect(slugs.filter((slug) => !/^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$/.test(slug))).toEqual([]);
  });
  it('has one message for each event', () => {
    expect(new Set(entries.map(({ message }) => message)).size).toBe(entries.length);
  });
  it('has an action, a whole sentence, for each event from level warn up', () => {
    const actions = entries.flatMap((entry) => ('action' in entry ? [entry.action] : []));
    expect(actions.filter((action) => !/^[A-Z`].*\.$/.test(action))).toEqual([]);
  });
  it('has no event that nothing logs', () => {
    const used = sources.map(({ text }) => text).join('\n');
    expect(slugs.filter((slug) => !used.includes(`'${slug}'`))).toEqual([]);
  });
});

describe('the sources', () => {
  it('bound every line that has the address of a client', () => {
    const logged = /\blog\('([a-z_.]+)', \{[^}]*\bremoteAddress\b/g;
    const slugsWithAddress = sources.flatMap(({ text }) =>
      [...text.matchAll(logged)].map(([, slug]) => slug),
    );
    expect(slugsWithAddress.length).toBeGreaterThan(3);
    for (const slug of slugsWithAddress)
      expect(logEvents[slug as LogEvent].oncePer, slug).toBe('remoteAddress');
  });
  it('log through the port: no method of a logger, no console', () => {
    const bypass =
      /\b(?:log|line|logger)\.(?:trace|debug|info|warn|error|fatal)\(|\bconsole\.(?:debug|log|info|warn|error)\(/;
    const exempt = new Set(['src/whatsapp/library-log.ts', 'src/whatsapp/patches/library-console.ts']);
    expect(
      sources
        .filter(({ file, text }) => !exempt.has(file) && bypass.test(withoutComments(text)))
        .map(({ file }) => file),
    ).toEqual([]);
  });
});

describe('tests, scripts and documents', () => {
  it('match slugs, never the messages of the log', () => {
    const all = [
      ...filesOf('test', /\.ts$/),
      ...filesOf('scripts', /\.ts$/),
      ...filesOf('docs', /\.(?:json|ya?ml|rules)$/),
    ];
    const sentences = entries
      .map(({ message }) => message)
      .filter((message) => message.split(' ').length > 3);
    const quoting = all.flatMap(({ file, text }) =>
      sentences
        .filter((one) => text.includes(`'${one}'`) || text.includes(`"${one}"`))
        .map((one) => `${file}: ${one}`),
    );
    expect(quoting).toEqual([]);
  });
});
