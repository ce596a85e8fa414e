/** What the connection to the server does: lost, resumed, re-synced, stopping. Nothing while it is live. */

import { clockTime, countdown } from '../i18n/times.ts';
import { words } from '../i18n/words.ts';
import { now, offsetMs } from '../state/clock.ts';
import { dialNow, lostAt, nextDialAt, notice, state } from '../state/link.ts';
import { Icon } from './icon.tsx';

const Lost = ({ since }: { since: number }) => {
  const t = words.value.link;
  const at = nextDialAt.value;
  const isDialling = state.value?.status === 'connecting';
  return (
    <div class="ban" role="alert">
      <Icon name="lost" />
      <p>
        <b>{t.lostTitle(clockTime(since))}</b> {t.lostText}
      </p>
      <span class="r row">
        <span class="mid nw" aria-hidden="true">
          {at === undefined || isDialling
            ? t.connecting
            : t.nextTry(countdown(at + offsetMs.value, now.value))}
        </span>
        <button class="b" type="button" disabled={isDialling} onClick={dialNow}>
          {t.tryNow}
        </button>
      </span>
    </div>
  );
};

export const Banner = () => {
  const t = words.value.link;
  if (lostAt.value !== undefined && state.value?.status !== 'online') return <Lost since={lostAt.value} />;
  if (notice.value === 'stopping')
    return (
      <div class="ban" role="alert">
        <Icon name="lost" />
        <p>
          <b>{t.stopping}</b> {t.stoppingText}
        </p>
      </div>
    );
  if (notice.value === 'none') return null;
  return (
    <div class="ban ok" role="status">
      <Icon name="ok" />
      <p>{notice.value === 'resumed' ? t.resumed : t.resynced}</p>
    </div>
  );
};
