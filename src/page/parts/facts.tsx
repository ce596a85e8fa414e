/** What one reads off: wanted, account, number, credentials, times, failures. */
import { fullTime } from '../i18n/times.ts';
import { count, words } from '../i18n/words.ts';
import type { Organization } from '../model/organization.ts';
import { now } from '../state/clock.ts';

const timeOf = (text: string | null): string => (text === null ? '–' : fullTime(Date.parse(text), now.value));

export const Facts = ({ of: one }: { of: Organization }) => {
  const t = words.value.facts;
  const { desired, account, credentials, lastConnectedAt, attempt, maxAttempts, lastError } = one.session;
  const rows: readonly (readonly [string, string])[] = [
    [t.wanted, t.desired[desired]],
    [t.account, account?.name ?? '–'],
    [t.number, one.number || '–'],
    [t.credentials, t.credentialsWords[credentials]],
    [t.lastConnected, timeOf(lastConnectedAt)],
    [t.failures, attempt === 0 ? t.none : words.value.table.some(count(attempt), count(maxAttempts))],
  ];
  return (
    <div class="card">
      <h2 class="vh">{t.title}</h2>
      <dl class="dl">
        {rows.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name} is`}>{value}</dd>])}
        <dt>{t.lastError}</dt>
        <dd>
          {lastError === null ? (
            t.none
          ) : (
            <>
              <span class="mono">{lastError.reason}</span>
              {lastError.statusCode === undefined ? '' : ` · ${lastError.statusCode}`} ·{' '}
              {timeOf(lastError.at)}
            </>
          )}
        </dd>
      </dl>
    </div>
  );
};
