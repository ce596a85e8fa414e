import { performSession } from './session.driver.ts';
import { events, sessionSpec } from './session.spec.ts';
import { walk } from './walk.ts';

walk('the specification of a session', {
  machine: sessionSpec,
  start: performSession,
  edges: 431,
  refused: { events, pairs: 869 },
});
