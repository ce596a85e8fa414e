/** A logout cannot be undone, so the id is typed to confirm it. */
import { useState } from 'preact/hooks';
import { words } from '../i18n/words.ts';
import type { Organization } from '../model/organization.ts';
import { command } from '../state/commands.ts';
import { mayCommand } from '../state/link.ts';
import { Dialog } from './dialog.tsx';

export const LogoutDialog = ({ of: one, onClose }: { of: Organization; onClose: () => void }) => {
  const t = words.value.logout;
  const [typed, setTyped] = useState('');
  const confirm = (event: Event): void => {
    event.preventDefault();
    if (typed !== one.id) return;
    void command('session.logout', { orgId: one.id });
    onClose();
  };
  return (
    <Dialog title={t.title(one.name)} about={t.about} onClose={onClose}>
      <form class="confirm" onSubmit={confirm}>
        <div class="f">
          <label for="confirm">{t.type(one.id)}</label>
          <input
            class="in mono"
            id="confirm"
            type="text"
            autocomplete="off"
            spellcheck={false}
            value={typed}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </div>
        <div class="row row-end">
          <button class="b" type="button" onClick={onClose}>
            {t.keep}
          </button>
          <button class="b d" type="submit" disabled={typed !== one.id || !mayCommand.value}>
            {t.confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
};
