/** The screen of the present address. */
import { FleetScreen } from './fleet.tsx';

export const ScreenOf = () => <FleetScreen />;
