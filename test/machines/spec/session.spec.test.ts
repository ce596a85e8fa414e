import { performSession } from './session.driver.ts';
import { events, sessionPromise } from './session.spec.ts';
import { walk } from './walk.ts';

walk('the promise of a session', {
  machine: sessionPromise,
  start: performSession,
  edges: 431,
  refused: { events, pairs: 869 },
});
