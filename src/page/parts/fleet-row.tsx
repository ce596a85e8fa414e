/** One row of the table. Drawn again only when its session changes, or a second passes for its countdown. */
import { firstSentence, whyOf } from '../i18n/sentences.ts';
import { countdown, fullTime, sinceTime } from '../i18n/times.ts';
import { words } from '../i18n/words.ts';
import { isQuiet } from '../model/appearance.ts';
import type { Organization } from '../model/organization.ts';
import { now } from '../state/clock.ts';
import { refusals } from '../state/commands.ts';
import { outage } from '../state/fleet.ts';
import { hrefOf } from '../state/route.ts';
import { HelpButton } from './help-button.tsx';
import { StateMark } from './state-mark.tsx';

const Next = ({ of: one }: { of: Organization }) => {
  if (outage.value !== undefined && one.look === 'wait') return <>{words.value.time.inTurn}</>;
  if (one.nextMs === undefined || one.look === 'pair') return null;
  return (
    <time dateTime={new Date(one.nextMs).toISOString()} title={fullTime(one.nextMs, now.value)}>
      {countdown(one.nextMs, now.value)}
    </time>
  );
};
const Why = ({ of: one }: { of: Organization }) => {
  const refusal = refusals.value.get(one.id);
  if (refusal !== undefined) return <span class="c-bad">{refusal}</span>;
  const isOutage = outage.value !== undefined && one.look === 'wait';
  return <>{isOutage ? '' : firstSentence(whyOf(one))}</>;
};

export const FleetRow = ({ of: one, index }: { of: Organization; index: number }) => (
  <tr class={isQuiet(one.look) ? 'quiet' : undefined} aria-rowindex={index + 2} data-org={one.id}>
    <td class="state">
      <StateMark of={one} />
    </td>
    <td class="org">
      <a href={hrefOf('org', one.id)} title={one.name}>
        {one.name}
      </a>
      {one.hasName && <span class="mono">{one.id}</span>}
    </td>
    <td class="num">{one.number}</td>
    <td class="since">
      <time dateTime={one.session.since} title={fullTime(one.sinceMs, now.value)}>
        {sinceTime(one.sinceMs, now.value)}
      </time>
    </td>
    <td class="next">
      <Next of={one} />
    </td>
    <td class="why" title={whyOf(one)}>
      <Why of={one} />
    </td>
    <td class="act">
      <HelpButton of={one} />
    </td>
  </tr>
);
