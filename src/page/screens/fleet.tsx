/** The overview. */
import { words } from '../i18n/words.ts';
import { may } from '../state/link.ts';

export const FleetScreen = () => (
  <h1 class="voice">{may('sessions:read') ? words.value.nav.fleet : words.value.login.noScope}</h1>
);
