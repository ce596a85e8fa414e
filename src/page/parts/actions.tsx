/** What the key may do with one organization, and what each action will do. */
import { useState } from 'preact/hooks';
import type { Scope } from '../../protocol/scopes.ts';
import { words } from '../i18n/words.ts';
import type { Organization } from '../model/organization.ts';
import { type CommandMethod, command, isAsked } from '../state/commands.ts';
import type { Explained } from '../state/history.ts';
import { may, mayCommand } from '../state/link.ts';
import { openCustomerLink, openPairing } from '../state/pairing.ts';
import { LogoutDialog } from './logout-dialog.tsx';

type Method = Explained['canDo'][number]['method'];
const scopeOf: Readonly<Record<Method, Scope>> = {
  'session.restore': 'sessions:control',
  'session.retry': 'sessions:control',
  'session.stop': 'sessions:control',
  'session.pair': 'sessions:pair',
  'session.cancelPairing': 'sessions:pair',
  'session.logout': 'sessions:logout',
};

const shortcutOf: Partial<Record<Method, string>> = { 'session.pair': 'p', 'session.retry': 'r' };

interface RowProps {
  readonly title: string;
  readonly does: string;
  readonly button: string;
  readonly isDangerous?: boolean;
  readonly isDisabled: boolean;
  readonly shortcut?: string | undefined;
  readonly onDo: () => void;
}
const Row = ({ title, does, button, isDangerous, isDisabled, shortcut, onDo }: RowProps) => (
  <li>
    <div>
      <h3>{title}</h3>
      <p>{does}</p>
    </div>
    <button
      class={isDangerous ? 'b d' : 'b'}
      type="button"
      disabled={isDisabled}
      aria-keyshortcuts={shortcut}
      onClick={onDo}
    >
      {button}
    </button>
  </li>
);

export const Actions = ({ of: one, explained }: { of: Organization; explained: Explained | undefined }) => {
  const t = words.value;
  const [isLeaving, setLeaving] = useState(false);
  const isDisabled = !mayCommand.value || isAsked(one.id);
  const offered = (explained?.canDo ?? []).filter(({ method }) => may(scopeOf[method]));
  const run = (method: Method, force: boolean): void => {
    if (method === 'session.logout') return setLeaving(true);
    if (method === 'session.pair') return openPairing(one.id);
    void command(method as CommandMethod, { orgId: one.id, ...(force && { force }) } as never);
  };
  const mayReplace = may('sessions:pair') && one.session.account !== null && one.session.state !== 'pairing';
  const maySendLink = offered.some(({ method }) => method === 'session.pair');
  if (offered.length === 0 && !mayReplace) return null;
  return (
    <div class="card">
      <div class="cardh">
        <h2>{t.actions.title}</h2>
      </div>
      <ul class="do">
        {offered.map(({ method, force }) => (
          <Row
            key={method}
            title={t.actions.titles[method]}
            does={t.actions.does[method]}
            button={t.act[method]}
            isDangerous={method === 'session.logout'}
            isDisabled={isDisabled}
            shortcut={shortcutOf[method]}
            onDo={() => run(method, force)}
          />
        ))}
        {maySendLink && (
          <Row
            title={t.customerLink.open}
            does={t.customerLink.actionDoes}
            button={t.customerLink.make}
            isDisabled={!mayCommand.value}
            onDo={() => openCustomerLink(one.id)}
          />
        )}
        {mayReplace && (
          <Row
            title={t.actions.replace}
            does={t.actions.replaceDoes}
            button={t.actions.replaceButton}
            isDisabled={isDisabled}
            onDo={() => openPairing(one.id, true)}
          />
        )}
      </ul>
      {isLeaving && <LogoutDialog of={one} onClose={() => setLeaving(false)} />}
    </div>
  );
};
