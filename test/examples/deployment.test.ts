/**
 * The files for systemd, pm2, Docker, nginx and Caddy. Their programs check them where they are installed.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, type TestContext } from 'vitest';
import { z } from 'zod';
import { stopDeadlineMs } from '../../src/app/shutdown.ts';
import { settings } from '../../src/config/settings.ts';
import { defaultTimings } from '../../src/control/bounds.ts';
import { selfSigned } from '../support/certificate.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pathOf = (name: string) => join(root, 'docs/examples', name);
const textOf = (name: string) => readFileSync(pathOf(name), 'utf8');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  bin: { vigia: string };
  scripts: { start: string };
};
const main = /node (\S+)$/.exec(manifest.scripts.start)?.[1] ?? '';
const scratch = mkdtempSync(join(tmpdir(), 'vigia-examples-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface App {
  readonly script: string;
  readonly exec_mode: string;
  readonly instances: number;
  readonly wait_ready: boolean;
  readonly listen_timeout: number;
  readonly kill_timeout: number;
  readonly max_memory_restart: string;
  readonly env: Readonly<Record<string, string>>;
}
const pm2 = (createRequire(import.meta.url)(pathOf('ecosystem.config.cjs')) as { apps: readonly App[] }).apps;
const unit = textOf('vigia.service');
const of = (name: string) =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value ?? '');
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8').replaceAll(/\\\n/g, ' ');

/** Variables that a file sets, or that its comments name. */
const comments = /\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)=/g;
const variablesIn: Readonly<Record<string, readonly string[]>> = {
  'vigia.service': [...of('Environment').map((text) => text.split('=', 1)[0] ?? '')],
  'ecosystem.config.cjs': pm2.flatMap(({ env }) => Object.keys(env)),
  Dockerfile: [...(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? '').matchAll(/(\w+)=/g)].map(
    ([, name]) => name ?? '',
  ),
  'compose.yml': [
    ...(/ {4}environment:\n((?: {6}.*\n)+)/.exec(textOf('compose.yml'))?.[1] ?? '').matchAll(/^ +(\w+):/gm),
  ].map(([, name]) => name ?? ''),
  Caddyfile: [...textOf('Caddyfile').matchAll(comments)].map(([, name]) => name ?? ''),
  'nginx.conf': [...textOf('nginx.conf').matchAll(comments)].map(([, name]) => name ?? ''),
};
const secrets = Object.entries(settings.shape).flatMap(([name, schema]) =>
  z.globalRegistry.get(schema)?.['secret'] ? [`${name}_FILE`] : [],
);
const known = new Set([...Object.keys(settings.shape), ...secrets, 'NODE_ENV']);

/** Runs a program on one of the files. Skips the test where the program is not installed. */
const check = (context: TestContext, program: string, args: readonly string[]): string => {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: 60_000,
      env: { ...process.env, HOME: scratch },
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return context.skip(`${program} is not installed`);
    throw new Error(`${program}: ${(error as { stderr?: string }).stderr}`, { cause: error });
  }
};

describe('every file', () => {
  it.each(Object.entries(variablesIn))('%s names only variables of the configuration', (_, names) => {
    expect(names.length).toBeGreaterThanOrEqual(2);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });
  it('starts the program of npm start', () => {
    expect(main).toBe('dist/src/main.js');
    expect(of('ExecStart')).toEqual([`/usr/bin/node /opt/vigia/${main}`]);
    expect(pm2.map(({ script }) => relative(root, script))).toEqual([main]);
    expect(dockerfile).toContain(`CMD ["node", "${main}"]`);
  });
  it('allows more time to stop than a stop can take', () => {
    const [stopSec] = of('TimeoutStopSec');
    const [, grace] = /stop_grace_period: (\d+)s/.exec(textOf('compose.yml')) ?? [];
    for (const ms of [Number(stopSec) * 1_000, Number(grace) * 1_000, pm2[0]?.kill_timeout])
      expect(ms).toBeGreaterThan(stopDeadlineMs);
  });
});

describe('vigia.service', () => {
  it('permits notifications to systemd, and keeps the directory and the keys private', () => {
    expect([of('Type'), of('NotifyAccess'), of('StateDirectoryMode'), of('UMask')]).toEqual([
      ['notify'],
      ['all'],
      ['0700'],
      ['0077'],
    ]);
    expect(Number(of('WatchdogSec')[0])).toBeGreaterThanOrEqual(10);
    for (const name of ['api-key', 'metrics-token'])
      expect(unit).toMatch(new RegExp(`_FILE=%d/${name}\n[\\s\\S]*LoadCredential=${name}:/`));
  });
  it('is a valid unit for systemd', (context) => {
    const file = join(scratch, 'vigia.service');
    writeFileSync(file, unit.replace('/usr/bin/node', process.execPath));
    expect(check(context, 'systemd-analyze', ['verify', file])).toBe('');
  });
});

it('limits the memory, and allows enough files, under every process manager', () => {
  expect(of('MemoryMax')).toEqual(['2G']);
  expect(Number(of('LimitNOFILE')[0])).toBeGreaterThan(10_000);
  expect(textOf('compose.yml')).toMatch(/^ {4}mem_limit: 2g$/mu);
  expect(textOf('compose.yml')).toMatch(/^ {4}ulimits: \{ nofile: 65536 \}$/mu);
  expect(pm2[0]?.max_memory_restart).toBe('1500M');
});
it('ecosystem.config.cjs runs one process, and waits until it is ready', () => {
  expect(pm2).toMatchObject([{ exec_mode: 'fork', instances: 1, wait_ready: true }]);
  expect(pm2[0]?.listen_timeout).toBeGreaterThanOrEqual(30_000);
});

describe('Dockerfile and compose.yml', () => {
  it("copy existing files, run as an ordinary user, and use the program's own health check", () => {
    const instructions = dockerfile.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of instructions)
      expect(line).toMatch(/^(FROM|WORKDIR|COPY|RUN|ENV|USER|VOLUME|EXPOSE|HEALTHCHECK|ENTRYPOINT|CMD) \S/);
    const copied = instructions.flatMap((line) =>
      (/^COPY (?!--)(.*) \S+$/.exec(line)?.[1] ?? '').split(' ').filter((name) => name !== ''),
    );
    expect(copied).toContain('src');
    const ignored = readFileSync(join(root, '.dockerignore'), 'utf8');
    for (const name of copied) {
      expect(existsSync(join(root, name)), name).toBe(true);
      expect(ignored, name).toContain(`!${name}\n`);
    }
    expect(dockerfile).toContain(`"node", "${manifest.bin.vigia}", "healthcheck"`);
    expect(dockerfile).toMatch(/\nUSER node\n/);
    expect(dockerfile.match(/^FROM \S+/gm)).toEqual([
      'FROM node:24-bookworm-slim',
      'FROM node:24-bookworm-slim',
    ]);
  });
  it.for(['compose.yml', 'prometheus-rules.yml'])('%s is YAML', (name, context) => {
    const code =
      'import sys\ntry: import yaml\nexcept ImportError: sys.exit("no ' +
      'yaml")\nprint(len(yaml.safe_load(open(sys.argv[1]))))';
    try {
      expect(
        Number(execFileSync('python3', ['-c', code, pathOf(name)], { encoding: 'utf8', stdio: 'pipe' })),
      ).toBeGreaterThan(0);
    } catch (error) {
      const { code: why, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
      if (why === 'ENOENT' || stderr.includes('no yaml'))
        return context.skip('python3 with yaml is not installed');
      throw error;
    }
  });
});

describe('nginx.conf and Caddyfile', () => {
  it('keep WebSockets open between heartbeats, and hide the metrics from outside', () => {
    const nginx = textOf('nginx.conf');
    const [, seconds] = /proxy_read_timeout (\d+)s;/.exec(nginx) ?? [];
    expect(Number(seconds)).toBeGreaterThan(60);
    expect(Number(seconds) * 1_000).toBeGreaterThan(2 * defaultTimings.heartbeatMs);
    expect(nginx).toMatch(
      /proxy_http_version 1\.1;\s+proxy_set_header Upgrade \$http_upgrade;\s+proxy_set_header Connection \$vigia_connection;/,
    );
    expect(nginx).toMatch(/location = \/metrics \{\s+return 404;/);
    expect(textOf('Caddyfile')).toMatch(/path \/metrics\s+respond @inside 404/);
  });
  it('is a valid configuration for nginx', (context) => {
    const { cert, key } = selfSigned();
    writeFileSync(join(scratch, 'cert.pem'), cert);
    writeFileSync(join(scratch, 'key.pem'), key);
    const server = textOf('nginx.conf').replaceAll(
      /\/etc\/letsencrypt\/live\/wa\.example\.com\/(fullchain|privkey)\.pem/g,
      (_, which) => join(scratch, which === 'fullchain' ? 'cert.pem' : 'key.pem'),
    );
    const file = join(scratch, 'nginx.conf');
    writeFileSync(
      file,
      `pid ${scratch}/nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${server}\n}\n`,
    );
    check(context, 'nginx', ['-t', '-c', file, '-p', scratch]);
  });
  it('is a valid configuration for Caddy', (context) => {
    const adapted = check(context, 'caddy', [
      'adapt',
      '--validate',
      '--adapter',
      'caddyfile',
      '--config',
      pathOf('Caddyfile'),
    ]);
    expect(adapted).toContain('"dial":"127.0.0.1:3000"');
  });
});
