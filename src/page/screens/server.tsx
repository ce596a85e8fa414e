/** The server as a whole: version, checks, database, and the way to the live events. */
import { fullTime, length } from '../i18n/times.ts';
import { count, words } from '../i18n/words.ts';
import { ThemeChoice } from '../parts/header.tsx';
import { Icon } from '../parts/icon.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Problem } from '../parts/problem.tsx';
import { SettingsCard } from '../parts/settings-card.tsx';
import { now } from '../state/clock.ts';
import { call, welcome } from '../state/link.ts';
import { useRepeated } from '../state/repeat.ts';
import { hrefOf } from '../state/route.ts';

interface Check {
  readonly name: string;
  readonly status: 'pass' | 'warn' | 'fail';
  readonly detail?: string;
}
const looks = { pass: ['ok', 'ok'], warn: ['suspect', 'wait'], fail: ['bad', 'bad'] } as const;
/** `/readyz` is public, and its address is relative: also below a path of a proxy. */
const readChecks = async (): Promise<readonly Check[]> => {
  const response = await fetch('readyz?verbose', { cache: 'no-store' });
  const { checks } = (await response.json()) as { checks: readonly Check[] };
  return checks;
};

const Checks = () => {
  const t = words.value.server;
  const { answer: checks, problem } = useRepeated(readChecks, []);
  return (
    <div class="card">
      <div class="cardh">
        <h2>{t.checks}</h2>
      </div>
      <ul class="do">
        {checks?.map(({ name, status, detail }) => {
          const [icon, tone] = looks[status];
          return (
            <li key={name}>
              <Icon name={icon} tone={tone} />
              <div>
                <h3>{name in t.names ? t.names[name as keyof typeof t.names] : name}</h3>
                <p>{[t.statuses[status], detail].filter(Boolean).join(' · ')}</p>
              </div>
            </li>
          );
        })}
      </ul>
      <Problem text={problem} />
    </div>
  );
};
const Facts = () => {
  const t = words.value;
  const { answer } = useRepeated(() => call('server.status'), []);
  const { principal, position } = welcome.value ?? {};
  if (answer === undefined || principal === undefined) return null;
  const orgs = principal.orgs === '*' ? t.server.allOrgs : principal.orgs.join(', ');
  const rows: readonly (readonly [string, string])[] = [
    [t.server.version, answer.version],
    [t.server.started, fullTime(Date.parse(answer.startedAt), now.value)],
    [t.server.up, length(now.value - Date.parse(answer.startedAt))],
    [t.server.database, t.server.databases[answer.database]],
    [t.table.caption, count(Object.values(answer.counts).reduce((sum, n) => sum + n, 0))],
    [t.server.key, `${principal.name} (${principal.keyId})`],
    [t.server.scopes, principal.scopes.join(', ')],
    [t.server.orgs, orgs],
    [t.server.epoch, position?.epoch ?? ''],
  ];
  return (
    <div class="card">
      <div class="cardh">
        <h2>{t.facts.title}</h2>
      </div>
      <dl class="dl">
        {rows.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name} is`}>{value}</dd>])}
      </dl>
    </div>
  );
};

export const ServerScreen = () => {
  const t = words.value;
  return (
    <div class="pg">
      <PageHead title={t.server.title} about={t.server.about}>
        <a class="b" href={hrefOf('events')}>
          {t.nav.events}
        </a>
        <ThemeChoice />
      </PageHead>
      <div class="two two-first">
        <Checks />
        <Facts />
      </div>
      <SettingsCard />
    </div>
  );
};
