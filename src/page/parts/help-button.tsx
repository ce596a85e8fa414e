/** The one action of a row. Filled: Vigía does it here and now. */
import { words } from '../i18n/words.ts';
import { type Help, helpOf } from '../model/help.ts';
import type { Organization } from '../model/organization.ts';
import { command, isAsked } from '../state/commands.ts';
import { outage } from '../state/fleet.ts';
import { may, mayCommand } from '../state/link.ts';
import { openPairing } from '../state/pairing.ts';
import { hrefOf } from '../state/route.ts';

const run = (help: Help, one: Organization): void => {
  if (help.kind === 'pair') openPairing(one.id);
  if (help.kind !== 'command') return;
  void command(help.method, { orgId: one.id, ...(help.force && { force: true }) });
};

/** Only a try is a key away: a start may connect a session that was stopped on purpose. */
const keyOf = (help: Help): string | undefined => {
  if (help.kind === 'pair') return 'p';
  return help.kind === 'command' && help.method === 'session.retry' ? 'r' : undefined;
};

export const HelpButton = ({ of: one, isFilled = false }: { of: Organization; isFilled?: boolean }) => {
  const t = words.value.act;
  const help = helpOf(one, { may, isOutage: outage.value !== undefined });
  if (help === undefined) return null;
  if (help.kind === 'open')
    return (
      <a class="b" href={hrefOf('org', one.id)} aria-label={`${t.open}: ${one.name}`}>
        {t.open}
      </a>
    );
  const isWaiting = isAsked(one.id);
  const label = isWaiting ? t.asked : t[help.label];
  return (
    <button
      type="button"
      class={isFilled && help.kind === 'pair' ? 'b p' : 'b'}
      disabled={!mayCommand.value || isWaiting}
      aria-keyshortcuts={keyOf(help)}
      aria-label={`${label}: ${one.name}`}
      onClick={() => run(help, one)}
    >
      {label}
    </button>
  );
};
