/** Every key of the page, and a switch for them. */
import { words } from '../i18n/words.ts';
import { may } from '../state/link.ts';
import { shortcutsOn } from '../state/preferences.ts';
import { scopeOf } from '../state/route.ts';
import { isHelpShown, screenKeys } from '../state/shortcuts.ts';
import { Dialog } from './dialog.tsx';

const close = (): void => {
  isHelpShown.value = false;
};
const keysOf = (): readonly (readonly [string, string])[] => {
  const { keysHelp: t, nav } = words.value;
  return [
    ['/', t.search],
    ['J K', t.move],
    ['Enter', t.open],
    ['N', t.next],
    ...(may('sessions:pair') ? [['P', t.pair] as const] : []),
    ...(may('sessions:control') ? [['R', t.retry] as const] : []),
    ...(may('alerts:write') ? [['S', t.silence] as const] : []),
    ...Object.entries(screenKeys)
      .filter(([, screen]) => may(scopeOf[screen]))
      .map(([key, screen]) => [`G ${key.toUpperCase()}`, nav[screen]] as const),
    ['Esc', t.back],
    ['?', t.help],
  ];
};

export const KeysDialog = () => {
  if (!isHelpShown.value) return null;
  const t = words.value.keysHelp;
  return (
    <Dialog title={t.title} about={shortcutsOn.value ? t.about : t.off} onClose={close}>
      <div class="confirm">
        <dl class="keys-list">
          {keysOf().map(([keys, what]) => [
            <dt key={keys}>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>,
            <dd key={`${keys} does`}>{what}</dd>,
          ])}
        </dl>
        <label class="row">
          <input
            type="checkbox"
            checked={shortcutsOn.value}
            onChange={({ currentTarget }) => {
              shortcutsOn.value = currentTarget.checked;
            }}
          />
          {t.enabled}
        </label>
      </div>
    </Dialog>
  );
};
