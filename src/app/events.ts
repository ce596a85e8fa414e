/** The events of the supervisor and its gate, as the rooms that listen to them are given them. */
import type { GateEmitted } from '../../machines/gate/setup.ts';
import type { SupervisorEmitted } from '../../machines/supervisor/setup.ts';

/** A granted permit concerns the gate and the session alone. */
export type FleetEvent = SupervisorEmitted | Exclude<GateEmitted, { type: 'slot.granted' }>;
