/** The settings of this start, those that were set first. The server shows secrets as `[set]`. */
import type { Result } from '../../client/client.ts';
import { count, words } from '../i18n/words.ts';
import { call, may, welcome } from '../state/link.ts';
import { useRepeated } from '../state/repeat.ts';
import { Problem } from './problem.tsx';

type Setting = Result<'server.settings'>['settings'][number];
const isGiven = ({ from }: Setting): boolean => from !== 'default' && from !== 'not set';
const textOf = (value: unknown): string => {
  if (value === null || value === undefined || value === '') return words.value.settings.empty;
  return typeof value === 'string' ? value : JSON.stringify(value);
};

const List = ({ of: settings }: { of: readonly Setting[] }) => (
  <dl class="dl settings">
    {settings.map(({ name, value, from }) => [
      <dt key={name} class="mono">
        {name}
      </dt>,
      <dd key={`${name} is`}>
        <span class="mono">{textOf(value)}</span>
        {from !== 'default' && from !== 'not set' && (
          <small class="dim"> · {words.value.settings.from[from]}</small>
        )}
      </dd>,
    ])}
  </dl>
);

const Card = () => {
  const t = words.value.settings;
  const { answer, problem } = useRepeated(() => call('server.settings'), []);
  const given = answer?.settings.filter(isGiven) ?? [];
  const others = answer?.settings.filter((one) => !isGiven(one)) ?? [];
  return (
    <div class="card settings-card">
      <div class="cardh">
        <h2>{t.title}</h2>
        <p class="dim">{t.about}</p>
      </div>
      {answer !== undefined && given.length === 0 && <p class="card-note mid">{t.none}</p>}
      {given.length > 0 && <List of={given} />}
      {others.length > 0 && (
        <details>
          <summary>{t.defaults(count(others.length))}</summary>
          <List of={others} />
        </details>
      )}
      <Problem text={problem} />
    </div>
  );
};
/** Only a key that may everything, and sees every organization, may read them. */
export const SettingsCard = () => (may('admin') && welcome.value?.principal.orgs === '*' ? <Card /> : null);
