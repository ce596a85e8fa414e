/** The events of the supervisor and its gate that are passed to the rooms. */
import type { GateEmitted } from '../../machines/gate/setup.ts';
import type { SupervisorEmitted } from '../../machines/supervisor/setup.ts';

/** A granted slot concerns the gate and the session alone. */
export type FleetEvent = SupervisorEmitted | Exclude<GateEmitted, { type: 'slot.granted' }>;
