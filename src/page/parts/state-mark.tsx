/** A state: icon, word and colour, always all three. */

import { detailOf } from '../i18n/sentences.ts';
import { words } from '../i18n/words.ts';
import { appearances } from '../model/appearance.ts';
import type { Organization } from '../model/organization.ts';
import { Icon } from './icon.tsx';

export const StateMark = ({ of: one, also }: { of: Organization; also?: string }) => {
  const detail = [detailOf(one), also].filter((text) => text !== undefined && text !== '').join(' · ');
  return (
    <span class={`st c-${appearances[one.look].tone}`}>
      <Icon name={one.look} />
      {words.value.state[one.session.state]}
      {detail !== '' && <small>{detail}</small>}
    </span>
  );
};
