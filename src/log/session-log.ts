/** What the log tells of the sessions: the story an operator looks for (who was found, restored, connected, and when the next look is). */
import type { Reason } from '../../machines/domain/disconnect.ts';
import type { GateEmitted } from '../../machines/gate/setup.ts';
import type { SupervisorEmitted } from '../../machines/supervisor/setup.ts';
import { type Log, masked } from './log.ts';

type Told = SupervisorEmitted | GateEmitted;
type Of<T extends Told['type']> = Extract<Told, { type: T }>;
const why = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** `scanEveryMs` is told with the first look; `sentenceOf` gives the sentence for a reason. */
export const tellStory = (log: Log, scanEveryMs: number, messageOfReason: (reason: Reason) => string) => {
  let isFirstLook = true;
  let awaited = new Set<string>();
  const nextLook = () => log.info({ nextLookInMs: scanEveryMs }, 'restoration complete, automatic detection is on');
  const settled = (org: string) => {
    if (awaited.delete(org) && awaited.size === 0) nextLook();
  };

  const looked = ({ found, adopted, dropped }: Of<'scan.done'>) => {
    log.debug({ found, adopted: adopted.length, dropped: dropped.length }, 'looked at the directory');
    if (!isFirstLook) {
      for (const org of adopted) log.child({ org }).info('new session detected');
      return;
    }
    isFirstLook = false;
    awaited = new Set(adopted);
    log.info({ sessions: adopted.length }, 'restoring stored sessions');
    if (adopted.length === 0) nextLook();
  };

  const session = ({ org, view, previousState, cause, durable, writable }: Of<'session.reported'>) => {
    const line = log.child({ org });
    const error = view.lastError;
    if (!durable) line.error({ cause }, 'the state of this session could not be written');
    if (view.state === previousState) {
      if (view.liveness === 'suspect') line.warn({ cause, writable }, 'session is suspect');
      return;
    }
    const failure = { reason: error?.reason, statusCode: error?.statusCode };
    const say: Readonly<Record<typeof view.state, () => void>> = {
      restoring: () => line.info({ cause }, 'restoring session'),
      connected: () => line.info({ number: masked(view.account?.id ?? ''), cause }, 'session connected'),
      retrying: () =>
        line.warn(
          { ...failure, attempt: view.attempt, nextRetryInMs: Math.max(0, (view.nextRetryAt ?? view.since) - view.since) },
          'session lost, retrying',
        ),
      failed: () => line.error({ ...failure, why: error ? messageOfReason(error.reason) : undefined }, 'session failed'),
      pairing: () => line.info({ method: view.pairing?.method }, 'pairing started'),
      idle: () => line.info({ desired: view.desired, credentials: view.credentials, reason: error?.reason }, 'session is idle'),
    };
    say[view.state]();
    if (view.state !== 'restoring') settled(org);
  };

  const tellers: { readonly [T in Told['type']]: (e: Of<T>) => void } = {
    'session.reported': session,
    'pairing.reported': ({ org, update }) => {
      const reason = 'reason' in update ? (update.reason ?? undefined) : undefined; // the QR or the code itself never comes here
      log.child({ org }).info({ status: update.status, reason, pairingId: update.pairingId }, 'pairing step');
    },
    'session.crashed': ({ org, error }) => {
      log.child({ org }).error({ why: why(error) }, 'session crashed, it will be loaded again');
      settled(org);
    },
    'session.gone': ({ org, unlinked }) => {
      log.child({ org }).info({ unlinked }, 'session logged out, credentials archived');
      settled(org);
    },
    'session.dropped': ({ org }) => {
      log.child({ org }).warn('directory of this session is gone, session removed');
      settled(org);
    },
    'scan.done': looked,
    'scan.failed': ({ error }) => log.error({ why: why(error) }, 'a look at the directory failed, it will be repeated'),
    'fleet.frozen': ({ cause }) =>
      log.error({ cause }, 'many sessions vanished at once: nothing is started or stopped until that is clear'),
    'fleet.thawed': () => log.info('the directory is back'),
    'root.lost': () => log.fatal('the directory of the sessions is gone, ending'),
    'outage.began': ({ cause, live }) =>
      log.error({ cause, stillConnected: live }, 'whatsapp cannot be reached: going slowly, failures do not count'),
    'outage.ended': () => log.info('whatsapp can be reached again'),
    'version.refused': () => log.warn('whatsapp refuses our version: asking for the present one'),
    'slot.granted': () => {},
  };
  return (e: Told): void => (tellers[e.type] as (e: Told) => void)(e);
};
