/** API keys: make one, which is shown once; revoke one, which closes its connections. */
import { useState } from 'preact/hooks';
import type { Result } from '../../client/client.ts';
import { fullTime } from '../i18n/times.ts';
import { count, words } from '../i18n/words.ts';
import { CopyLine } from '../parts/copy.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { KeyForm } from '../parts/key-form.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Problem } from '../parts/problem.tsx';
import { now } from '../state/clock.ts';
import { sentenceOf } from '../state/commands.ts';
import { byId } from '../state/fleet.ts';
import { call, mayCommand, welcome } from '../state/link.ts';
import { useRepeated } from '../state/repeat.ts';

type Key = Result<'key.list'>['items'][number];
type Made = Result<'key.create'> & { readonly name: string };

const orgsOf = ({ orgs }: Key): string => {
  if (orgs === '*') return words.value.server.allOrgs;
  const names = orgs.map((id) => byId.value.get(id)?.name ?? id);
  return names.length <= 2 ? names.join(', ') : words.value.need.same(names.length, count(names.length));
};
const endOf = ({ status, expiresAt }: Key): string => {
  const t = words.value.keys;
  if (status !== 'active') return t.statuses[status];
  return expiresAt === null ? t.never : fullTime(Date.parse(expiresAt), now.value);
};

const Row = ({ of: key, onRevoke }: { of: Key; onRevoke: () => void }) => {
  const t = words.value.keys;
  const isOwn = welcome.value?.principal.keyId === key.keyId;
  return (
    <tr class={key.status === 'active' ? undefined : 'quiet'}>
      <td>
        <b class="key-name">{key.name}</b>
        {isOwn && <span class="dim"> {t.inUse}</span>}
      </td>
      <td class="mono dim">{key.keyId}</td>
      <td class="wide">
        {key.scopes.map((scope) => (
          <span key={scope} class="chip">
            {scope}
          </span>
        ))}
      </td>
      <td data-l={t.orgs}>{orgsOf(key)}</td>
      <td class="mid" data-l={t.ends}>
        {endOf(key)}
      </td>
      <td>
        {key.status === 'active' && (
          <button
            class="b d"
            type="button"
            disabled={!mayCommand.value}
            aria-label={`${t.revoke} ${key.name}`}
            onClick={onRevoke}
          >
            {t.revoke}
          </button>
        )}
      </td>
    </tr>
  );
};
const MadeCard = ({ of: made }: { of: Made }) => {
  const t = words.value.keys;
  return (
    <div class="card made" role="status">
      <div class="cardh">
        <Icon name="ok" tone="ok" />
        <h2>{t.copyNow(made.name)}</h2>
        <p class="mid">{t.once}</p>
      </div>
      <div class="card-note">
        <CopyLine text={made.key} />
      </div>
    </div>
  );
};
const RevokeDialog = ({ of: key, onDone, onClose }: { of: Key; onDone: () => void; onClose: () => void }) => {
  const t = words.value.keys;
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const revoke = async () => {
    try {
      await call('key.revoke', { keyId: key.keyId });
      onDone();
      onClose();
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  return (
    <Dialog title={t.revokeTitle(key.name)} about={t.revokeAbout} onClose={onClose}>
      <div class="confirm">
        <Problem text={problem} />
        <div class="row row-end">
          <button class="b" type="button" onClick={onClose}>
            {words.value.logout.keep}
          </button>
          <button class="b d" type="button" disabled={!mayCommand.value} onClick={() => void revoke()}>
            {t.revokeNow}
          </button>
        </div>
      </div>
    </Dialog>
  );
};
const Table = ({ keys, onRevoke }: { keys: readonly Key[]; onRevoke: (key: Key) => void }) => {
  const t = words.value.keys;
  return (
    <div class="card">
      <table class="tb g2 stack">
        <caption class="vh">{words.value.nav.keys}</caption>
        <thead>
          <tr>
            {[t.name, t.id, t.may, t.orgs, t.ends].map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
            <th scope="col">
              <span class="vh">{words.value.table.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <Row key={key.keyId} of={key} onRevoke={() => onRevoke(key)} />
          ))}
        </tbody>
      </table>
    </div>
  );
};

export const KeysScreen = () => {
  const t = words.value.keys;
  const { answer, problem, refresh } = useRepeated(() => call('key.list', { limit: 500 }), []);
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<Made | undefined>(undefined);
  const [revoking, setRevoking] = useState<Key | undefined>(undefined);
  const keys = answer?.items ?? [];
  const active = keys.filter(({ status }) => status === 'active').length;
  return (
    <div class="pg">
      <PageHead title={t.title(active, count(active))} about={t.about}>
        <button class="b p" type="button" onClick={() => setMaking(true)}>
          {t.make}
        </button>
      </PageHead>
      {made && <MadeCard of={made} />}
      <Problem text={problem} />
      {keys.length > 0 && <Table keys={keys} onRevoke={setRevoking} />}
      {isMaking && (
        <KeyForm
          onMade={(next) => {
            setMade(next);
            setMaking(false);
            void refresh();
          }}
          onClose={() => setMaking(false)}
        />
      )}
      {revoking && (
        <RevokeDialog of={revoking} onDone={() => void refresh()} onClose={() => setRevoking(undefined)} />
      )}
    </div>
  );
};
