/** One organization: explanation, facts, its day, its history, and what can be done. */
import { useEffect, useRef } from 'preact/hooks';
import { sinceTime } from '../i18n/times.ts';
import { words } from '../i18n/words.ts';
import type { Organization } from '../model/organization.ts';
import { Actions } from '../parts/actions.tsx';
import { Day } from '../parts/day.tsx';
import { Explain } from '../parts/explain.tsx';
import { Facts } from '../parts/facts.tsx';
import { MessagesCard } from '../parts/messages-card.tsx';
import { PastList } from '../parts/past-list.tsx';
import { StateMark } from '../parts/state-mark.tsx';
import { now } from '../state/clock.ts';
import { byId, isLoaded } from '../state/fleet.ts';
import { useExplained, usePast } from '../state/history.ts';
import { hrefOf } from '../state/route.ts';

const Title = ({ of: one }: { of: Organization }) => {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [one.id]);
  return (
    <div class="pgh">
      <div>
        <h1 ref={heading} tabIndex={-1} class="voice">
          {one.name}
        </h1>
        <p>
          <span class="mono dim">{one.id}</span>
          {one.number !== '' && <span class="nw"> · {one.number}</span>}
        </p>
      </div>
      <p class="r">
        <StateMark of={one} also={words.value.time.since(sinceTime(one.sinceMs, now.value))} />
      </p>
    </div>
  );
};
const Back = () => (
  <p class="back">
    <a href={hrefOf('fleet')}>‹ {words.value.nav.fleet}</a>
  </p>
);

const Known = ({ of: one }: { of: Organization }) => {
  const { revision } = one.session;
  const { past, problem, loadMore } = usePast(one.id, revision);
  const explained = useExplained(one.id, revision);
  return (
    <div class="pg">
      <Back />
      <Title of={one} />
      <div class="two two-first">
        <Explain of={one} explained={explained} />
        <Facts of={one} />
      </div>
      <Day past={past} />
      <MessagesCard of={one} />
      <div class="two">
        <PastList past={past} problem={problem} onMore={loadMore} />
        <Actions of={one} explained={explained} />
      </div>
    </div>
  );
};

export const OrganizationScreen = ({ orgId }: { orgId: string }) => {
  const one = byId.value.get(orgId);
  if (one !== undefined) return <Known key={orgId} of={one} />;
  const t = words.value;
  return (
    <div class="pg">
      <Back />
      <h1 class="voice">{isLoaded.value ? t.explain.unknown(orgId) : t.headline.loading}</h1>
    </div>
  );
};
