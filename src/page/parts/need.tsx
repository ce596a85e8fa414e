/** What needs a person, first: organization, cause with what to do, since when, and one action. */

import { adviceOf, whyOf } from '../i18n/sentences.ts';
import { sinceTime } from '../i18n/times.ts';
import { count, words } from '../i18n/words.ts';
import type { Organization } from '../model/organization.ts';
import { type NeedLine, needLines } from '../model/overview.ts';
import { now } from '../state/clock.ts';
import { refusals } from '../state/commands.ts';
import { counts, fleet, outage } from '../state/fleet.ts';
import { hrefOf } from '../state/route.ts';
import { filterBy } from '../state/selection.ts';
import { HelpButton } from './help-button.tsx';
import { Icon } from './icon.tsx';

/** More lines than this would push the table away; the filter shows the rest. */
const linesMax = 8;

const Refusal = ({ of: orgId }: { of: string }) => {
  const text = refusals.value.get(orgId);
  return text === undefined ? null : (
    <span class="err" role="alert">
      <Icon name="bad" />
      {text}
    </span>
  );
};
const Since = ({ ms }: { ms: number }) => (
  <span class="t">{words.value.time.since(sinceTime(ms, now.value))}</span>
);
const One = ({ of: one }: { of: Organization }) => (
  <li>
    <a href={hrefOf('org', one.id)} title={one.name}>
      {one.name}
    </a>
    <span class="w">
      {whyOf(one)} {adviceOf(one)}
      <Refusal of={one.id} />
    </span>
    <Since ms={one.sinceMs} />
    <HelpButton of={one} isFilled />
  </li>
);
const Several = ({ of: { members } }: { of: NeedLine }) => {
  const t = words.value.need;
  const [first] = members;
  return first === undefined ? null : (
    <li>
      <b>{t.same(members.length, count(members.length))}</b>
      <span class="w">
        {whyOf(first)} {adviceOf(first)}
      </span>
      <Since ms={Math.min(...members.map(({ sinceMs }) => sinceMs))} />
      <button class="b" type="button" onClick={() => filterBy('bad')}>
        {t.show}
      </button>
    </li>
  );
};

export const NeedStrip = () => {
  const t = words.value;
  const lines = needLines(fleet.value);
  if (lines.length === 0)
    return outage.value === undefined ? <p class="calmline">{t.headline.calm}</p> : null;
  const { bad } = counts.value;
  return (
    <section class="need" aria-labelledby="need">
      <h2 id="need">
        <Icon name="bad" tone="bad" />
        {t.need.title}
      </h2>
      <ul>
        {lines.slice(0, linesMax).map((line) => {
          const [first] = line.members;
          if (line.members.length > 1 || first === undefined) return <Several key={line.reason} of={line} />;
          return <One key={first.id} of={first} />;
        })}
      </ul>
      {lines.length > linesMax && (
        <p class="need-more">
          <button class="b q" type="button" onClick={() => filterBy('bad')}>
            {t.need.more(count(bad))}
          </button>
        </p>
      )}
    </section>
  );
};
