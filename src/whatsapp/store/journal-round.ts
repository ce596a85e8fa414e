import { DiskFault } from '../../disk/disk.ts';
import type { Pending } from './pending.ts';
import type { RoundResult } from './round.ts';
import type { OrgJournal } from './types.ts';

/**
 * Writes all waiting keys, and the messages that ride along, as one record: afterwards all of them are
 * durable, or none. While the files of this directory cannot be written, the journal takes nothing more of
 * it, or it would grow unnoticed for as long as that lasts. The files are tried again first, like any other
 * write that fails.
 */
export const writeToJournal = async (journal: OrgJournal, pending: Pending): Promise<RoundResult> => {
  const stuck = journal.stuck() === undefined ? undefined : await journal.settle();
  if (stuck !== undefined)
    return { error: new DiskFault('write', 'the keys', { code: stuck }), progress: false, disturbed: false };
  const taken = pending.take();
  const messages = pending.takeMessages();
  try {
    await journal.commit(taken, messages);
    for (const change of taken) pending.settle(change);
    pending.settleMessages(messages);
    return { progress: true, disturbed: false };
  } catch (error) {
    for (const change of taken) pending.putBack(change);
    return { error, progress: false, disturbed: false };
  }
};
