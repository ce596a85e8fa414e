/** The overview of the whole fleet. */
import { zoneName } from '../i18n/times.ts';
import { count, words } from '../i18n/words.ts';
import { Counters } from '../parts/counters.tsx';
import { FleetTable } from '../parts/fleet-table.tsx';
import { Headline, Storm } from '../parts/headline.tsx';
import { FleetHorizon } from '../parts/horizon.tsx';
import { NeedStrip } from '../parts/need.tsx';
import { fleet, isLoaded, outage } from '../state/fleet.ts';
import { may } from '../state/link.ts';
import { openPairing } from '../state/pairing.ts';
import { rows, search, searchFor } from '../state/selection.ts';
import { isHelpShown } from '../state/shortcuts.ts';
import { EmptyFleet } from './empty.tsx';

const Shown = () => {
  const t = words.value.table;
  const [n, all] = [rows.value.length, fleet.value.length];
  return <p class="dim">{n === all ? t.all(count(all)) : t.some(count(n), count(all))}</p>;
};
const Bar = () => {
  const t = words.value;
  return (
    <div class="bar">
      <div class="srch">
        <label class="vh" for="search">
          {t.table.search}
        </label>
        <input
          class="in"
          id="search"
          type="search"
          placeholder={t.table.placeholder}
          value={search.value}
          onInput={({ currentTarget }) => searchFor(currentTarget.value)}
        />
        <kbd>/</kbd>
      </div>
      <Shown />
      {may('sessions:pair') && outage.value === undefined && (
        <button class="b p bar-end" type="button" aria-keyshortcuts="p" onClick={() => openPairing('')}>
          {t.act.linkPhone}
        </button>
      )}
    </div>
  );
};
const Foot = () => {
  const t = words.value;
  const keys = [
    ['/', t.keysHelp.search],
    ['J K', t.keysHelp.move],
    ['Enter', t.keysHelp.open],
    ['N', t.keysHelp.next],
  ] as const;
  return (
    <p class="kb">
      {keys.map(([key, what]) => (
        <span key={key}>
          <kbd>{key}</kbd> {what}
        </span>
      ))}
      <button
        class="link"
        type="button"
        onClick={() => {
          isHelpShown.value = true;
        }}
      >
        <kbd>?</kbd> {t.keysHelp.all}
      </button>
      <span class="bar-end">{t.time.zone(zoneName())}</span>
    </p>
  );
};

export const FleetScreen = () => {
  const t = words.value;
  if (!may('sessions:read')) return <p class="nothing">{t.login.noScope}</p>;
  if (!isLoaded.value) return <p class="nothing">{t.headline.loading}</p>;
  if (fleet.value.length === 0) return <EmptyFleet />;
  return (
    <>
      <Headline />
      <FleetHorizon />
      <Counters />
      <Storm />
      <NeedStrip />
      <Bar />
      <FleetTable />
      <Foot />
    </>
  );
};
