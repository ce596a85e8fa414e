/** Starts the page. */
import { render } from 'preact';
import { App } from './app.tsx';
import { watchAttention } from './state/attention.ts';
import { logInAgain } from './state/link.ts';

const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no element "app".');
logInAgain();
watchAttention();
render(<App />, root);
