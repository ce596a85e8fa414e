/** The screen of the present address. What the key may not see leads to the overview. */
import { may } from '../state/link.ts';
import { route, type Screen, scopeOf } from '../state/route.ts';
import { AlertsScreen } from './alerts.tsx';
import { DeliveriesScreen } from './deliveries.tsx';
import { EventsScreen } from './events.tsx';
import { FleetScreen } from './fleet.tsx';
import { KeysScreen } from './keys.tsx';
import { OrganizationScreen } from './organization.tsx';
import { ServerScreen } from './server.tsx';

const pages: Partial<Record<Screen, () => preact.JSX.Element>> = {
  alerts: AlertsScreen,
  deliveries: DeliveriesScreen,
  keys: KeysScreen,
  server: ServerScreen,
  events: EventsScreen,
};
export const ScreenOf = () => {
  const { screen, orgId } = route.value;
  if (screen === 'org' && orgId !== undefined) return <OrganizationScreen orgId={orgId} />;
  const Page = pages[screen];
  return Page !== undefined && may(scopeOf[screen]) ? <Page /> : <FleetScreen />;
};
