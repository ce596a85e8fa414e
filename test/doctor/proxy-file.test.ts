/** The configuration names organizations: the doctor compares the names with the directory. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runDoctor } from '../../src/offline/doctor.ts';
import { restorable } from '../sessions/harness.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-proxies-'));
  await mkdir(join(folder, 'sessions', 'acme'), { recursive: true });
  await writeFile(join(folder, 'sessions', 'acme', 'creds.json'), restorable('5511:3'));
});
afterEach(() => rm(folder, { recursive: true }));

const proxy = 'http://user:hidden-word@127.0.0.1:8080';
const findingsWith = async (organizations: Readonly<Record<string, string | null>>, directory?: string) => {
  const file = join(folder, 'proxies.json');
  await writeFile(file, JSON.stringify({ default: proxy, organizations }));
  const env = { PORT: '0', AUTH_DIR: join(folder, 'sessions'), PROXY_FILE: file };
  const report = await runDoctor({ env, directory });
  expect(JSON.stringify(report)).not.toContain('hidden-word');
  return report.findings.filter(({ code }) => code === 'proxy_organization_unknown');
};

it('a name in PROXY_FILE without a directory is a warning, also when only its case differs', async () => {
  const [finding, ...others] = await findingsWith({ acme: null, Acme: proxy, gone: null });
  expect(others).toEqual([]);
  expect(finding?.level).toBe('warn');
  expect(finding?.message).toContain('(2: "Acme", "gone")');
});
it('names that all exist are no finding', async () => {
  expect(await findingsWith({ acme: proxy })).toEqual([]);
});
it('another directory than AUTH_DIR is not compared', async () => {
  await mkdir(join(folder, 'other'));
  expect(await findingsWith({ gone: null }, join(folder, 'other'))).toEqual([]);
});
