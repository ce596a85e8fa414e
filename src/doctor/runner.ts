/**
 * The process manager that runs the supervisor. Both systemd and pm2 kill a process that does not stop in
 * time.
 */
import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Runner } from './machine.ts';

const programMs = 5_000;
const mostAncestors = 16;

// the process has ended, or belongs to another user
const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

const parentOf = async (proc: string, pid: number): Promise<number> => {
  const stat = await read(join(proc, String(pid), 'stat'));
  return Number(/\) \S (\d+)/u.exec(stat.slice(stat.lastIndexOf(')')))?.[1] ?? 0);
};

/** The ancestor of `pid` that pm2 started (npm may be in between); undefined when pm2 is no ancestor. */
const underPm2 = async (proc: string, pid: number): Promise<number | undefined> => {
  for (let [child, n] = [pid, 0]; child > 1 && n < mostAncestors; n += 1) {
    const parent = await parentOf(proc, child);
    if (/^PM2 /u.test((await read(join(proc, String(parent), 'cmdline'))).replaceAll('\0', ' ')))
      return child;
    child = parent;
  }
  return undefined;
};

const dump = z.array(
  z.object({ name: z.string(), kill_timeout: z.number().optional(), exec_mode: z.string().optional() }),
);

/**
 * From pm2's own files: the pid files name the program, and `dump.pm2` (written by `pm2 save`) has its
 * settings.
 */
const pm2Settings = async (home: string, pid: number): Promise<Pick<Runner, 'stopMs' | 'cluster'>> => {
  const pids = await readdir(join(home, 'pids')).catch(() => []);
  for (const file of pids) {
    if (Number(await read(join(home, 'pids', file))) !== pid) continue;
    const name = file.replace(/-\d+\.pid$/u, '');
    try {
      const app = dump.parse(JSON.parse(await read(join(home, 'dump.pm2')))).find((one) => one.name === name);
      return { stopMs: app?.kill_timeout, cluster: app?.exec_mode === 'cluster_mode' };
    } catch {
      return { stopMs: undefined }; // never saved, or in an unknown format
    }
  }
  return { stopMs: undefined };
};

const unit = /\/([\w@.\\-]+\.service)$/mu;
/** Milliseconds, from `TimeoutStopUSec=1min 30s`. */
const spanMs = (text: string): number | undefined => {
  if (/infinity/u.test(text)) return Number.POSITIVE_INFINITY;
  const sizes: Readonly<Record<string, number>> = { h: 3_600_000, min: 60_000, s: 1_000, ms: 1, us: 0.001 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|min|ms|us|s)\b/gu)];
  if (parts.length === 0) return undefined;
  return parts.reduce((sum, [, n, size = '']) => sum + Number(n) * (sizes[size] ?? 0), 0);
};

/** The process manager of a running process; undefined when it has none that can be seen. Never rejects. */
export const runnerOf = async (
  pid: number,
  proc = '/proc',
  pm2Home = process.env['PM2_HOME'] ?? join(homedir(), '.pm2'),
): Promise<Runner | undefined> => {
  const managed = await underPm2(proc, pid);
  if (managed !== undefined) return { name: 'pm2', ...(await pm2Settings(pm2Home, managed)) };
  const service = unit.exec(await read(join(proc, String(pid), 'cgroup')))?.[1];
  if (service === undefined || /^(user@\d+|docker|containerd)\.service$/u.test(service)) return undefined;
  const { stdout, status } = spawnSync('systemctl', ['show', '--property=TimeoutStopUSec', service], {
    encoding: 'utf8',
    timeout: programMs,
  });
  return { name: 'systemd', stopMs: status === 0 ? spanMs(stdout) : undefined };
};
