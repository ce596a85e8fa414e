/** The part of `docs/operators/OPERATING.md` about the log: each line from level warn up, and what to do. */
import { logEvents } from '../../src/base/log-events.ts';

const rows = Object.entries(logEvents).flatMap(([slug, entry]) =>
  'action' in entry ? [`| \`${slug}\` | ${entry.level} | ${entry.message} | ${entry.action} |`] : [],
);

export const logSection = (): string => `## Log events

Each line of the log has a slug in the field \`event\`. A slug does not change; a message may. Match slugs in alert rules and searches.
With \`LOG_FORMAT=json\` a line is one JSON object. These are the events at level \`warn\` and above.

| event | level | message | what you do |
|---|---|---|---|
${rows.join('\n')}

`;
