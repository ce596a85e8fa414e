/** The events as they arrive, newest first. */
import { clockTime } from '../i18n/times.ts';
import { words } from '../i18n/words.ts';
import { PageHead } from '../parts/page-head.tsx';
import { events, isPaused, type SeenEvent } from '../state/events.ts';
import { hrefOf } from '../state/route.ts';

const Line = ({ of: { at, type, orgId, text } }: { of: SeenEvent }) => (
  <li>
    <time class="dim">{clockTime(at)}</time>
    <span class="mono">{type}</span>
    <span>
      {orgId !== null && <a href={hrefOf('org', orgId)}>{orgId}</a>} <span class="mono dim">{text}</span>
    </span>
  </li>
);
export const EventsScreen = () => {
  const t = words.value;
  const toggle = () => {
    isPaused.value = !isPaused.value;
  };
  return (
    <div class="pg">
      <PageHead title={t.nav.events} about={t.events.about}>
        <button class="b" type="button" aria-pressed={isPaused.value} onClick={toggle}>
          {isPaused.value ? t.events.resume : t.events.pause}
        </button>
      </PageHead>
      <div class="card">
        <ol class="hist events">
          {events.value.map((event) => (
            <Line key={event.id} of={event} />
          ))}
        </ol>
        {events.value.length === 0 && <p class="card-note">{t.events.none}</p>}
      </div>
    </div>
  );
};
