/** Erases what is kept of one contact's messages. What a repeat is known by stays, without a name. */
import type { Org } from '../../machines/domain/ports.ts';
import { isOpen } from '../../machines/sending.ts';
import type { ApiDeps } from './api-deps.ts';
import { plainId, within } from './rows.ts';

/** Both names of the contact, as far as they are known. */
const namesOf = ({ recipients }: ApiDeps, org: Org, contact: string): readonly string[] => {
  const name = plainId(contact);
  const { jid = null, lid = null } = recipients.remembered(org, name) ?? {};
  return [...new Set([name, jid, lid].flatMap((one) => (one === null ? [] : plainId(one))))];
};

/** Resolves with the number of messages. A message that is being sent stays until its state is known. */
export const forgetContact = async (deps: ApiDeps, org: Org, contact: string): Promise<number> => {
  const { table, sent, inbox, runner } = deps;
  const names = namesOf(deps, org, contact);
  const about = names.flatMap((name) => table.range(within('about', org, name)));
  const numbersOf = (kind: string) => [
    ...new Set(about.flatMap(([key]) => (key[3] === kind ? Number(key[4]) : []))),
  ];
  const entries = await inbox.forget(org, numbersOf('in'), numbersOf('plain'));
  let messages = 0;
  for (const n of numbersOf('out')) {
    const waId = table.get(['order', org, n]);
    if (typeof waId !== 'string') continue;
    const error = { reason: 'cancelled', message: 'The contact was forgotten.' } as const;
    await runner.apply(org, waId, 'cancelled', { error });
    const row = sent.get(org, waId);
    if (row === undefined || isOpen(row.state)) continue;
    await table.write(sent.removal(org, waId, row));
    messages += 1;
  }
  await table.write(names.flatMap((name) => [{ key: ['chat', org, name] }, { key: ['number', org, name] }]));
  return entries + messages;
};
