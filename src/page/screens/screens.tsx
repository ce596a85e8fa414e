/** The screen of the present address. */
import { route } from '../state/route.ts';
import { FleetScreen } from './fleet.tsx';
import { OrganizationScreen } from './organization.tsx';

export const ScreenOf = () => {
  const { screen, orgId } = route.value;
  if (screen === 'org' && orgId !== undefined) return <OrganizationScreen orgId={orgId} />;
  return <FleetScreen />;
};
