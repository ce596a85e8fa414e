/** The report of the doctor as lines for people. */
import { expect, it } from 'vitest';
import { finding } from '../../src/doctor/finding.ts';
import { linesOfReport } from '../../src/doctor/lines.ts';
import type { OrganizationReport } from '../../src/doctor/organization.ts';
import { doctorReport } from '../../src/doctor/report.ts';

const exposed = (org: string) =>
  finding('exposed', `mode 755 of ${org}`, {
    command: 'chmod -R u=rwX,go=',
    target: `/auth/${org}`,
    every: '/auth',
  });
const organization = (org: string, over: Partial<OrganizationReport> = {}): OrganizationReport => ({
  org,
  credentials: 'restorable',
  next: { does: 'restore', sentence: 'restores it' },
  account: '999***01',
  keyFiles: 3,
  preKeys: 2,
  findings: [finding('restorable'), exposed(org)],
  ...over,
});
const some = (count: number) => Array.from({ length: count }, (_, n) => organization(`org-${n}`));
const linesOf = (organizations: readonly OrganizationReport[], all = false) =>
  linesOfReport(doctorReport('/auth', [finding('flock_missing'), finding('config')], organizations), all).map(
    ({ level, text }) => `${level} ${text}`,
  );

it('puts equal findings of several organizations into one line, with one command that mends them', () => {
  const lines = linesOf(some(3));
  expect(lines).toHaveLength(4);
  expect(lines[1]).toBe(
    'ok Each of 3 organizations (org-0, org-1, org-2): It is a linked device that can log in. ' +
      'The next scan restores it.',
  );
  expect(lines[2]).toBe(
    'warn Each of 3 organizations (org-0, org-1, org-2): Other users of this machine can read its ' +
      'credentials. → chmod -R u=rwX,go= /auth/org-0 /auth/org-1 /auth/org-2',
  );
  const many = linesOf(some(2_000));
  expect(many).toHaveLength(4);
  expect(many[2]).toMatch(/\(org-0, org-1, .* and 1995 more\): .* → chmod -R u=rwX,go= \/auth$/);
});
it('keeps findings apart that need different actions or lead to different outcomes', () => {
  const failed = (org: string, reason: string) =>
    organization(org, {
      next: { does: 'leave_failed', sentence: `leaves it failed: ${reason}` },
      findings: [finding('restorable'), finding('verdict', reason)],
    });
  const lines = linesOf([
    failed('a', 'revoked'),
    failed('b', 'revoked'),
    failed('c', 'locked'),
    organization('d'),
  ]);
  expect(lines.filter((line) => line.includes('It is a linked device'))).toHaveLength(3);
  expect(lines).toContainEqual(
    expect.stringMatching(/^warn Each of 3 organizations \(a, b, c\): It has failed/),
  );
});
it('ends with the failures, in every form', () => {
  const corrupt = organization('a', { findings: [finding('corrupt', 'it is empty')] });
  for (const all of [false, true]) {
    const levels = linesOf([corrupt, ...some(9)], all).map((line) => line.split(' ')[0]);
    expect(levels.join(' ')).toMatch(/^(ok )+(warn )+fail fail$/);
  }
});
it('shows each organization with its facts when all are wanted, or when it is alone', () => {
  const whole =
    'ok org-0: It is a linked device that can log in. 999***01. 2 pre-keys, 3 key files. ' +
    'The next scan restores it.';
  expect(linesOf(some(1))).toContain(whole);
  expect(linesOf(some(3), true)).toContain(whole);
  expect(linesOf(some(60), true)).toHaveLength(122);
});
