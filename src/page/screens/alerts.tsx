/** Alerts: what happened, what to do, since when; and how to silence them. */
import type { Alert } from '../../protocol/alerts.ts';
import { fullTime } from '../i18n/times.ts';
import { count, words } from '../i18n/words.ts';
import { Icon } from '../parts/icon.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Problem } from '../parts/problem.tsx';
import {
  alertProblems,
  alertsLoaded,
  ended,
  firing,
  isSilenced,
  loudCount,
  silence,
} from '../state/alerts.ts';
import { now } from '../state/clock.ts';
import { byId } from '../state/fleet.ts';
import { may, mayCommand } from '../state/link.ts';
import { hrefOf } from '../state/route.ts';

const hour = 3_600_000;
const nine = 9;
/** The next nine in the morning of the viewer. */
const tomorrow = (): number => {
  const date = new Date(now.value);
  date.setDate(date.getDate() + 1);
  return date.setHours(nine, 0, 0, 0);
};
const untils = {
  hour: () => now.value + hour,
  four: () => now.value + 4 * hour,
  tomorrow,
} as const;
type Until = keyof typeof untils;

const nameOf = ({ orgId, labels }: Alert): string =>
  orgId === null ? (labels['endpoint'] ?? words.value.alerts.server) : (byId.value.get(orgId)?.name ?? orgId);
/** An alert about a reason has the words of the reason; a newer server's has its own. */
const textOf = ({ name, labels, summary, action }: Alert): string => {
  const t = words.value;
  const reason = labels['reason'];
  const isOfReason = reason !== undefined && reason in t.reasons && name === 'SessionRestoreFailed';
  const text = isOfReason ? t.reasons[reason as keyof typeof t.reasons] : t.alertTexts[name];
  return text === undefined ? `${summary} ${action}` : `${text.summary} ${text.action}`;
};
const Silence = ({ of: alert }: { of: Alert }) => {
  const t = words.value.alerts;
  if (isSilenced(alert))
    return (
      <button
        class="b"
        type="button"
        disabled={!mayCommand.value}
        onClick={() => void silence(alert.fingerprint, null)}
      >
        {t.again}
      </button>
    );
  return (
    <select
      class="b"
      aria-keyshortcuts="s"
      aria-label={`${t.silence}: ${nameOf(alert)}`}
      disabled={!mayCommand.value}
      value=""
      onChange={({ currentTarget }) =>
        void silence(alert.fingerprint, untils[currentTarget.value as Until]())
      }
    >
      <option value="">{t.silence}</option>
      {(Object.keys(untils) as Until[]).map((until) => (
        <option key={until} value={until}>
          {t.untils[until]}
        </option>
      ))}
    </select>
  );
};
const timesOf = (alert: Alert): string => {
  const t = words.value;
  const at = (time: string) => fullTime(Date.parse(time), now.value);
  const { startsAt, endsAt, silencedUntil } = alert;
  if (endsAt !== null) return `${at(startsAt)} – ${at(endsAt)}`;
  const since = t.time.since(at(startsAt));
  return silencedUntil !== null && isSilenced(alert)
    ? `${since} · ${t.alerts.silenced(at(silencedUntil))}`
    : since;
};

const One = ({ of: alert }: { of: Alert }) => {
  const t = words.value;
  const { name, severity, status, orgId, fingerprint } = alert;
  const tone = severity === 'critical' ? 'bad' : 'wait';
  const isFiring = status === 'firing';
  return (
    <li data-alert={name}>
      <Icon name={isFiring ? tone : 'ok'} tone={isFiring ? tone : 'ok'} />
      <div>
        <h2>
          {nameOf(alert)}
          {isFiring && <span class={`tg c-${tone}`}>{t.alerts.severities[severity]}</span>}
        </h2>
        <p>{textOf(alert)}</p>
        <p class="m">
          <span class="mono">{name}</span> · {timesOf(alert)}
        </p>
        <Problem text={alertProblems.value.get(fingerprint)} />
      </div>
      {isFiring && (
        <div class="x">
          {may('alerts:write') && <Silence of={alert} />}
          {orgId !== null && byId.value.has(orgId) && (
            <a class="b" href={hrefOf('org', orgId)} aria-label={`${t.act.open}: ${nameOf(alert)}`}>
              {t.act.open}
            </a>
          )}
        </div>
      )}
    </li>
  );
};
const titleOf = (): string => {
  const t = words.value.alerts;
  const n = firing.value.length;
  const silenced = n - loudCount.value;
  if (!alertsLoaded.value) return t.loading;
  if (n === 0) return t.none;
  return silenced === 0
    ? t.title(n, count(n))
    : `${t.title(n, count(n))} ${t.silencedTitle(silenced, count(silenced))}`;
};

export const AlertsScreen = () => {
  const t = words.value.alerts;
  return (
    <div class="pg">
      <PageHead title={titleOf()} about={t.about} />
      {firing.value.length > 0 && (
        <ul class="card al">
          {firing.value.map((alert) => (
            <One key={alert.fingerprint} of={alert} />
          ))}
        </ul>
      )}
      {ended.value.length > 0 && (
        <>
          <h2 class="section">{t.ended}</h2>
          <ul class="card al">
            {ended.value.map((alert) => (
              <One key={alert.fingerprint} of={alert} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
};
