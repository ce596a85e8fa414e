/** The screen of the present address. What the key may not see leads to the overview. */
import type { Scope } from '../../protocol/scopes.ts';
import { may } from '../state/link.ts';
import { route, type Screen } from '../state/route.ts';
import { AlertsScreen } from './alerts.tsx';
import { DeliveriesScreen } from './deliveries.tsx';
import { EventsScreen } from './events.tsx';
import { FleetScreen } from './fleet.tsx';
import { KeysScreen } from './keys.tsx';
import { OrganizationScreen } from './organization.tsx';
import { ServerScreen } from './server.tsx';

const pages: Partial<Record<Screen, { readonly scope: Scope; readonly Page: () => preact.JSX.Element }>> = {
  alerts: { scope: 'alerts:read', Page: AlertsScreen },
  deliveries: { scope: 'webhooks:admin', Page: DeliveriesScreen },
  keys: { scope: 'keys:write', Page: KeysScreen },
  server: { scope: 'sessions:read', Page: ServerScreen },
  events: { scope: 'sessions:read', Page: EventsScreen },
};
export const ScreenOf = () => {
  const { screen, orgId } = route.value;
  if (screen === 'org' && orgId !== undefined) return <OrganizationScreen orgId={orgId} />;
  const page = pages[screen];
  return page !== undefined && may(page.scope) ? <page.Page /> : <FleetScreen />;
};
