// Vigía under pm2: pm2 start docs/examples/ecosystem.config.cjs
// Never more than one: two would log in twice. The second refuses to start, but pm2 would try it for ever.
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
      wait_ready: true, // it says so when the first look at the directory is done
      listen_timeout: 60_000, // milliseconds; pm2's own 3 seconds are too few for a slow disk
      kill_timeout: 20_000, // milliseconds; pm2's own 1.6 seconds would cut what is being written. It needs 15 seconds at most
      exp_backoff_restart_delay: 1_000,
      stop_exit_codes: [2], // a wrong configuration does not get better by trying again
      env: {
        NODE_ENV: 'production',
        AUTH_DIR: join(root, 'auth_sessions'),
        LOG_FORMAT: 'json',
      },
    },
  ],
};
