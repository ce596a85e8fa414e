/** The counters: legend of the horizon, and its filter. Each keeps its place when it is zero. */
import { count, words } from '../i18n/words.ts';
import { appearances, type Group, groups, lookOfGroup } from '../model/appearance.ts';
import { counts } from '../state/fleet.ts';
import { filterBy, group } from '../state/selection.ts';
import { Icon } from './icon.tsx';

const Counter = ({ of: one }: { of: Group }) => {
  const n = counts.value[one];
  const look = lookOfGroup[one];
  const isOn = group.value === one;
  return (
    <button
      type="button"
      class={n === 0 ? 'zero' : undefined}
      data-group={one}
      aria-pressed={isOn}
      onClick={() => filterBy(isOn ? undefined : one)}
    >
      <Icon name={look} tone={n === 0 ? undefined : appearances[look].tone} />
      <b>{count(n)}</b> {words.value.filter[one]}
    </button>
  );
};
export const Counters = () => (
  // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form, and these are toggles
  <div class="cnt" role="group" aria-label={words.value.filter.label}>
    {groups.map((one) => (
      <Counter key={one} of={one} />
    ))}
  </div>
);
