/**
 * Every line of the log, by its slug. A slug never changes and stands in the field `event`: tests, alert
 * rules and `docs/operators/OPERATING.md` match slugs. Messages are for people and may be reworded.
 */
import type { LogEntry } from './log-events/entry.ts';
import { messageEvents } from './log-events/messages.ts';
import { programEvents } from './log-events/program.ts';
import { sessionEvents } from './log-events/sessions.ts';
import { storageEvents } from './log-events/storage.ts';

const events = { ...sessionEvents, ...storageEvents, ...messageEvents, ...programEvents };
export type LogEvent = keyof typeof events;
export const logEvents: Readonly<Record<LogEvent, LogEntry>> = events;
