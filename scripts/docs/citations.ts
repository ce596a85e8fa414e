/**
 * Finds citations that lead nowhere: pages, headings and files that are not in the repository, and documents
 * that never were.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Texts of the repository, by path from its root. */
export type Texts = ReadonlyMap<string, string>;
/** All pages and sources that git knows or would add. */
export const textsOfRepository = (): Texts => {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  const files = listed
    .split('\n')
    .filter((file) => /\.(md|ts|mjs|py|yml|json)$/.test(file) && existsSync(join(root, file)));
  return new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
};

/** As GitHub makes it from a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');
const anchorsIn = (page: string): ReadonlySet<string> =>
  new Set([...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading)));

/**
 * A page is named by its path from the root, from the file that cites it, or by its name alone when it is
 * under `docs/`.
 */
const pageNamed = (texts: Texts, cited: string, by: string): string | undefined => {
  const paths = [cited, join('docs', cited), join(dirname(by), cited)].map(normalize);
  const byPath = paths.find((path) => texts.has(path));
  return (
    byPath ??
    (cited.includes('/')
      ? undefined
      : [...texts.keys()].find((path) => path.startsWith('docs/') && basename(path) === cited))
  );
};
const page = /(?<![\w/.:-])((?:\.{1,2}\/)*[\w./-]*[\w-]\.md)\b(?:#([\w-]+))?/g;
/** What a page shows as code and looks like a file of this repository. */
const path = /`((?:machines|src|test|scripts)\/[\w./-]+)`/g;
/**
 * Notes that no reader of the repository has. A section sign needs the name of a public document before it.
 */
const unpublished = [
  /field[ -]manual/i,
  /measured-costs/i,
  /\bsettled \d/i,
  /cluster-and-storage/i,
  /xstate-notes/i,
];
const section = /(?<!(?:RFC \d{3,5}|JSON-RPC 2\.0),? )§/;

/**
 * The page of mutants shows older code; the generators' links are checked in the pages that they write; the
 * test invents citations.
 */
const isExempt = (file: string): boolean =>
  ['docs/engineering/MUTANTS.md', 'package-lock.json', 'test/docs.test.ts'].includes(file) ||
  file.startsWith('scripts/docs/');

export const deadCitations = (texts: Texts): readonly string[] =>
  [...texts].flatMap(([file, text]) => {
    if (isExempt(file)) return [];
    const dead = (what: string, why: string) => `${file}: ${what} (${why})`;
    const pages = [...text.matchAll(page)].flatMap(([whole, cited = '', anchor]) => {
      const target = pageNamed(texts, cited, file);
      if (target === undefined) return [dead(whole, 'there is no such page')];
      return anchor === undefined || anchorsIn(texts.get(target) ?? '').has(anchor)
        ? []
        : [dead(whole, 'there is no such heading')];
    });
    const paths = [...text.matchAll(path)].flatMap(([, cited = '']) =>
      file.endsWith('.md') && !existsSync(join(root, cited)) ? [dead(cited, 'there is no such file')] : [],
    );
    const lines = text
      .split('\n')
      .flatMap((line) => [
        ...unpublished
          .filter((words) => words.test(line))
          .map(() => dead(line.trim(), 'it is not in the repository')),
        ...(section.test(line) ? [dead(line.trim(), 'a section of which document?')] : []),
      ]);
    return [...pages, ...paths, ...lines];
  });
