/** Makes a key: name, what it may do, for which organizations, and for how long. */
import { useState } from 'preact/hooks';
import type { Result } from '../../client/client.ts';
import type { Scope } from '../../protocol/scopes.ts';
import { words } from '../i18n/words.ts';
import { sentenceOf } from '../state/commands.ts';
import { call, may, mayCommand, welcome } from '../state/link.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';

const day = 86_400;
const lives = { hour: 3_600, day, month: 30 * day, year: 365 * day, never: undefined } as const;
type Life = keyof typeof lives;
/** Those that a page or a backend needs; the command line can give every other one. */
const offered = [
  'sessions:read',
  'sessions:control',
  'sessions:pair',
  'sessions:logout',
  'alerts:read',
  'alerts:write',
  'messages:read',
  'messages:send',
  'webhooks:admin',
  'metrics:read',
] as const satisfies readonly Scope[];

interface Props {
  readonly onMade: (made: Result<'key.create'> & { readonly name: string }) => void;
  readonly onClose: () => void;
}
const Scopes = ({
  chosen,
  onChange,
}: {
  chosen: ReadonlySet<Scope>;
  onChange: (next: ReadonlySet<Scope>) => void;
}) => (
  <fieldset class="scopes">
    <legend class="lab">{words.value.keys.may}</legend>
    {offered.filter(may).map((scope) => (
      <div key={scope}>
        <input
          type="checkbox"
          id={scope}
          aria-describedby={`${scope}-about`}
          checked={chosen.has(scope)}
          onChange={({ currentTarget }) => {
            const next = new Set(chosen);
            if (currentTarget.checked) next.add(scope);
            else next.delete(scope);
            onChange(next);
          }}
        />
        <label for={scope} class="mono">
          {scope}
        </label>
        <small id={`${scope}-about`} class="dim">
          {words.value.keys.scopes[scope]}
        </small>
      </div>
    ))}
  </fieldset>
);
/** Empty: every organization that this key sees. */
const orgsOf = (text: string): '*' | readonly string[] => {
  const ids = text.split(/[\s,]+/u).filter((id) => id !== '');
  return ids.length === 0 ? (welcome.value?.principal.orgs ?? '*') : ids;
};

export const KeyForm = ({ onMade, onClose }: Props) => {
  const t = words.value.keys;
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<ReadonlySet<Scope>>(new Set(['sessions:read']));
  const [orgs, setOrgs] = useState('');
  const [life, setLife] = useState<Life>('month');
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const make = async () => {
    const seconds = lives[life];
    try {
      const made = await call('key.create', {
        name: name.trim(),
        scopes: [...scopes],
        orgs: orgsOf(orgs) as '*',
        ...(seconds !== undefined && { expiresInSeconds: seconds }),
      });
      onMade({ ...made, name: name.trim() });
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  return (
    <Dialog title={t.make} about={t.makeAbout} onClose={onClose}>
      <form
        class="confirm"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <div class="f">
          <label for="key-name">{t.name}</label>
          <input
            class="in"
            id="key-name"
            type="text"
            autocomplete="off"
            placeholder="citas-backend"
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </div>
        <Scopes chosen={scopes} onChange={setScopes} />
        <div class="f">
          <label for="key-orgs">{t.orgs}</label>
          <input
            class="in mono"
            id="key-orgs"
            type="text"
            autocomplete="off"
            placeholder={t.orgsAll}
            value={orgs}
            onInput={({ currentTarget }) => setOrgs(currentTarget.value)}
          />
        </div>
        <div class="f">
          <label for="key-life">{t.ends}</label>
          <select
            class="in"
            id="key-life"
            value={life}
            onChange={({ currentTarget }) => setLife(currentTarget.value as Life)}
          >
            {(Object.keys(lives) as Life[]).map((one) => (
              <option key={one} value={one}>
                {t.lives[one]}
              </option>
            ))}
          </select>
        </div>
        <Problem text={problem} />
        <div class="row row-end">
          <button
            class="b p"
            type="submit"
            disabled={name.trim() === '' || scopes.size === 0 || !mayCommand.value}
          >
            {t.make}
          </button>
        </div>
      </form>
    </Dialog>
  );
};
