/** What `npm start` runs, and `vigia serve`. */
import { startServer } from './app/start.ts';

await startServer();
