import { performSession } from './session.play.ts';
import { events, sessionPromise } from './session.promise.ts';
import { walk } from './walk.ts';

walk('the promise of a session', {
  machine: sessionPromise,
  start: performSession,
  edges: 431,
  refused: { events, pairs: 869 },
});
