/**
 * Carries out a Dockerfile without a Docker engine, as far as that is possible: every stage is a directory,
 * COPY obeys `.dockerignore`, and the npm commands of RUN are run. What needs the image's own system
 * (apt-get, install) is noted and not run.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface Built {
  /** The directory that stands for `/` of the last stage. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly exposed: readonly string[];
  readonly cmd: readonly string[];
  readonly entrypoint: readonly string[];
  readonly healthcheck: readonly string[];
  readonly notRun: readonly string[];
}
export type RunNpm = (cwd: string, args: readonly string[]) => Promise<unknown>;

const instructionsOf = (text: string): readonly (readonly [string, string])[] =>
  text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)]);

/** The form of ours: `*`, and then what is sent all the same. */
const isSent = (context: string, path: string): boolean =>
  readFileSync(join(context, '.dockerignore'), 'utf8')
    .split('\n')
    .some((line) => line === `!${path}` || (line.startsWith('!') && path.startsWith(`${line.slice(1)}/`)));

const emptyStage = (root: string) => ({
  root,
  workdir: '/',
  env: {} as Record<string, string>,
  user: 'root',
  exposed: [] as string[],
  cmd: [] as string[],
  entrypoint: [] as string[],
  healthcheck: [] as string[],
});
type Stage = ReturnType<typeof emptyStage>;

const placeIn = ({ root, workdir }: Stage, path: string): string =>
  join(root, path.startsWith('/') ? path : join(workdir, path));
/** A directory's contents are copied, and not the directory, as Docker does. */
const copy = (sources: readonly string[], stage: Stage, to: string): void => {
  for (const source of sources) {
    if (!existsSync(source)) throw new Error(`COPY: ${source} does not exist`);
    const into = to.endsWith('/') && !statSync(source).isDirectory() ? join(to, basename(source)) : to;
    cpSync(source, placeIn(stage, into), { recursive: true, verbatimSymlinks: true });
  }
};
const words = (json: string): string[] => JSON.parse(json.slice(json.indexOf('['))) as string[];

export const buildWithoutDocker = async (context: string, scratch: string, npm: RunNpm): Promise<Built> => {
  const stages = new Map<string, Stage>();
  const notRun: string[] = [];
  let stage = emptyStage(scratch);
  const run = async (command: string): Promise<void> => {
    for (const part of command.split('&&').map((text) => text.trim().split(/\s+/))) {
      const [program, ...args] = part;
      if (program === 'npm') await npm(placeIn(stage, '.'), args);
      else notRun.push(part.join(' '));
    }
  };
  const steps: Readonly<Record<string, (rest: string) => unknown>> = {
    FROM: (rest) => {
      const name = rest.split(' ')[2] ?? 'last';
      stage = emptyStage(join(scratch, name));
      stages.set(name, stage);
    },
    WORKDIR: (rest) => {
      stage.workdir = rest;
      mkdirSync(placeIn(stage, '.'), { recursive: true });
    },
    COPY: (rest) => {
      const given = rest.split(' ');
      const [, from] = /^--from=(.*)$/.exec(given[0] ?? '') ?? [];
      const to = given.at(-1) ?? '';
      if (from !== undefined) {
        const other = stages.get(from) as Stage;
        return copy(
          given.slice(1, -1).map((path) => placeIn(other, path)),
          stage,
          to,
        );
      }
      const sources = given.slice(0, -1);
      const missing = sources.filter((path) => !isSent(context, path));
      if (missing.length > 0) throw new Error(`.dockerignore leaves out ${missing.join(', ')}`);
      return copy(
        sources.map((path) => join(context, path)),
        stage,
        to,
      );
    },
    RUN: run,
    ENV: (rest) => {
      for (const [, name = '', value = ''] of rest.matchAll(/(\w+)=(\S+)/g)) stage.env[name] = value;
    },
    USER: (rest) => void (stage.user = rest),
    EXPOSE: (rest) => void stage.exposed.push(rest),
    VOLUME: (rest) => words(rest).map((path) => mkdirSync(placeIn(stage, path), { recursive: true })),
    HEALTHCHECK: (rest) => void (stage.healthcheck = words(rest)),
    ENTRYPOINT: (rest) => void (stage.entrypoint = words(rest)),
    CMD: (rest) => void (stage.cmd = words(rest)),
  };
  for (const [name, rest] of instructionsOf(readFileSync(join(context, 'Dockerfile'), 'utf8'))) {
    const step = steps[name];
    if (step === undefined) throw new Error(`the instruction ${name} is not known here`);
    await step(rest);
  }
  return { ...stage, notRun };
};
