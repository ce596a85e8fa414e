/** What `npm start` runs, and `vigia serve`. */
import { runServer } from './app/process.ts';

await runServer();
