// Vigía under pm2: pm2 start docs/examples/ecosystem.config.cjs
// Never more than one: two would log in twice. The second refuses to start, but pm2 would retry it without end.
const { join } = require('node:path');

const root = join(__dirname, '../..');
module.exports = {
  apps: [
    {
      name: 'vigia',
      cwd: root,
      script: join(root, 'dist/src/main.js'),
      exec_mode: 'fork',
      instances: 1,
      wait_ready: true, // it signals when the first scan is complete
      listen_timeout: 60_000, // milliseconds; pm2's default of 3 seconds is too short for a slow disk
      kill_timeout: 20_000, // milliseconds; pm2's default of 1.6 seconds would interrupt writes. A stop takes 15 seconds at most
      max_memory_restart: '1500M', // for 1,000 sessions (docs/engineering/BENCHMARKS.md); pm2 stops it in order
      exp_backoff_restart_delay: 1_000,
      stop_exit_codes: [2], // a retry does not correct a wrong configuration
      env: {
        NODE_ENV: 'production',
        AUTH_DIR: join(root, 'auth_sessions'),
        LOG_FORMAT: 'json',
      },
    },
  ],
};
