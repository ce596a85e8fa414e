/**
 * What the feed remembers for those who were away a moment. `after` answers the events that followed a position, in order, or
 * undefined when it cannot vouch for having them all; the subscriber then starts from a snapshot, and knows it.
 */
import type { Org } from '../../machines/ports.ts';
import type { EventTopic } from '../protocol/events.ts';
import type { Position } from '../protocol/shapes.ts';

/** An event as it travels: made into text once, whoever gets it. */
export interface Entry {
  readonly seq: number;
  readonly topic: EventTopic;
  /** Null for events of the server itself. */
  readonly org: Org | null;
  readonly frame: string;
}

export interface History {
  append(entry: Entry): void;
  after(position: Position): readonly Entry[] | undefined;
}

/** Remembers nothing: every subscriber starts from a snapshot. */
export const noHistory: History = { append: () => undefined, after: () => undefined };
