/** One session in three lines: what happened, what happens by itself, what the viewer should do. */
import { adviceOf, stateSentenceOf, whyOf } from '../i18n/sentences.ts';
import { fullTime } from '../i18n/times.ts';
import { words } from '../i18n/words.ts';
import { isUnlinked } from '../model/appearance.ts';
import type { Organization } from '../model/organization.ts';
import { now } from '../state/clock.ts';
import { refusals } from '../state/commands.ts';
import type { Explained } from '../state/history.ts';
import { HelpButton } from './help-button.tsx';
import { Icon } from './icon.tsx';

const nextOf = ({ next }: Explained): string => {
  const text = words.value.next[next.what];
  if (next.at === null) return text;
  return `${text} ${words.value.time.when(fullTime(Date.parse(next.at), now.value))}`;
};

export const Explain = ({ of: one, explained }: { of: Organization; explained: Explained | undefined }) => {
  const t = words.value.explain;
  const refusal = refusals.value.get(one.id);
  // A session that was never linked needs no attention, and still runs only when a phone is linked.
  const advice = one.look === 'none' && isUnlinked(one.session) ? t.link : adviceOf(one);
  return (
    <div>
      <dl class="ex voice">
        <dt>{t.what}</dt>
        <dd>{one.look === 'pair' ? stateSentenceOf(one) : whyOf(one) || stateSentenceOf(one)}</dd>
        <dt>{t.next}</dt>
        <dd>{explained ? nextOf(explained) : '…'}</dd>
        <dt>{t.you}</dt>
        <dd class={advice === '' ? undefined : 'you'}>{advice === '' ? t.nothing : advice}</dd>
      </dl>
      <div class="acts">
        {one.look === 'none' || one.look !== 'ok' ? <HelpButton of={one} isFilled /> : null}
      </div>
      {refusal !== undefined && (
        <p class="err acts" role="alert">
          <Icon name="bad" />
          {refusal}
        </p>
      )}
    </div>
  );
};
