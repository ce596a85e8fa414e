/** Log events of the process, the control API, the alerts and the delivery. */
import { debug, error, fatal, info, type LogEntry, oncePer, warn } from './entry.ts';

const reportFault = 'Please report it as a fault, with the line.';
const lookUpAlert = 'Look up `alert` under [Alerts](#every-alert); the line has its `action`.';
const checkDisk = 'Check the disk and the permissions of `.vigia/state.lmdb`.';

export const programEvents = {
  'server.started': info('server started; the page is at this address, and `vigia open` logs in to it'),
  'config.unknown_names': warn(
    'the environment has names that look like settings and do nothing',
    'Read `warnings`: each names the setting that was probably meant.',
  ),
  'process.start_failed': debug('start failed'),
  'process.stopping': info('stopping'),
  'process.stopped': info('stopped'),
  'process.sighup_ignored': info('SIGHUP is ignored: to read the configuration again, restart'),
  'process.signal_ignored': info('this signal is ignored: SIGTERM stops Vigía'),
  'process.stop_timed_out': error(
    'stopping took too long, cutting',
    'Check what `waitingFor` names, usually the disk. The next start recovers from the cut.',
  ),
  'process.stop_incomplete': error(
    'stopped, but a step of the shutdown failed',
    'Read the `shutdown.step_failed` lines before this one.',
  ),
  'process.unhandled_rejection': oncePer(
    'event',
    error('unhandled rejection', `Nothing stops. ${reportFault}`),
  ),
  'process.uncaught_exception': fatal(
    'uncaught exception, ending',
    `The process manager starts Vigía again. ${reportFault}`,
  ),
  'log.lines_dropped': warn(
    'lines of the log were dropped; now they can be written again',
    'Check the disk or the program that takes the log: `dropped` is the number of lines.',
  ),
  'shutdown.step_failed': error(
    'a step of the shutdown failed',
    'Check the disk if `err` comes from it. The other steps still ran.',
  ),
  'supervisor.failed': fatal(
    'the supervisor failed, ending',
    `The process manager starts Vigía again. ${reportFault}`,
  ),
  'listener.failed': oncePer(
    'event',
    error('a listener failed', `The sessions are not affected. ${reportFault}`),
  ),
  'systemd.unreachable': warn(
    'systemd cannot be notified',
    'With `why: ENOENT`, install the program `systemd-notify` (package systemd). Otherwise set ' +
      '`NotifyAccess=all` in the unit.',
  ),

  'first_key.created': info('a first API key was made: it is in this file'),
  'first_key.waiting': info('the first API key is in this file'),
  'proxy.untrusted': warn(
    'all clients of the proxy count as one, and share their limits',
    'Set `TRUSTED_PROXIES` to the address of the proxy.',
  ),
  'control.connected': info('control client connected'),
  'control.closed': oncePer('remoteAddress', info('control connection closed by us')),
  'control.refused': oncePer(
    'remoteAddress',
    warn(
      'control connection refused',
      'If it is a client of yours, correct its address, origin or key as `reason` says. Otherwise an ' +
        'unknown client tried to connect.',
    ),
  ),
  'control.client_refused': oncePer(
    'remoteAddress',
    warn(
      'control client refused',
      'If it is a client of yours, correct its key or its `initialize` as `reason` says. Otherwise an ' +
        'unknown client tried to connect.',
    ),
  ),
  'control.failed': oncePer(
    'remoteAddress',
    warn('control connection failed', 'Nothing: the client connects again.'),
  ),
  'control.message_failed': oncePer(
    'remoteAddress',
    error('a message could not be handled', `Only this connection ends. ${reportFault}`),
  ),
  'request.failed': error('a request failed', `The client has the \`requestId\`. ${reportFault}`),
  'http.refused': oncePer(
    'remoteAddress',
    warn(
      'http request refused',
      'If it is a client of yours, correct its address, origin or key as `reason` says.',
    ),
  ),
  'http.failed': oncePer('event', error('an http request failed', reportFault)),

  'alert.firing': warn('alert firing', lookUpAlert),
  'alert.critical': error('critical alert firing', lookUpAlert),
  'alert.resolved': info('alert resolved'),
  'alerts.not_recorded': oncePer(
    'event',
    warn('alerts could not be recorded, they are tried again', checkDisk),
  ),

  'delivery.recorded': debug('recorded for delivery'),
  'delivery.done': debug('delivered'),
  'delivery.failed': oncePer(
    'endpoint',
    warn(
      'delivery failed',
      'Nothing: it is repeated. If it lasts, check the endpoint; `webhook.deliveries` lists the attempts.',
    ),
  ),
  'delivery.gone': warn(
    'the endpoint answered 410: it gets nothing until its address changes or a test succeeds',
    'Remove the endpoint, change its address, or send a test (`webhook.test`).',
  ),
  'delivery.not_recorded': warn(
    'events could not be recorded for delivery: clients receive them, webhooks do once the disk takes them',
    checkDisk,
  ),
  'delivery.record_late': warn(
    'the disk takes long to record events for delivery: clients no longer wait for it',
    'Check the disk. The events are kept in memory until it takes them.',
  ),
  'delivery.recorded_again': info('events are recorded for delivery again'),
  'delivery.event_dropped': oncePer(
    'event',
    error(
      'too many events wait for the disk: the oldest are dropped, and no webhook receives them',
      `${checkDisk} Read the present state with \`session.list\`.`,
    ),
  ),
  'delivery.events_lost': error(
    'events could not be recorded before the end: no webhook receives those in `messages`',
    `${checkDisk} The next start sends the present state of every organization that differs.`,
  ),
  'delivery.not_settled': oncePer(
    'endpoint',
    warn(
      'the result of a delivery could not be recorded',
      `${checkDisk} The message may be delivered twice.`,
    ),
  ),
  'delivery.endpoint_not_recorded': oncePer(
    'event',
    warn(
      'the state of an endpoint could not be recorded',
      `${checkDisk} After a restart an endpoint that answered 410 is tried once more.`,
    ),
  ),
  'heartbeat.failed': oncePer(
    'endpoint',
    warn(
      'the heartbeat or the Alertmanager could not be reached',
      'Check the address in `endpoint` and the network.',
    ),
  ),
} satisfies Readonly<Record<string, LogEntry>>;
