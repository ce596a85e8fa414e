/** What commands without a server have in common: names that are checked, and the system's errors as sentences. */
import { expectedFault, isOrg } from '../offline/bundles.ts';
import { type Exit, Failure } from './exit-codes.ts';

/** Throws `Failure` (usage) for what no organization may be called. */
export const orgNamed = (name: string): string => {
  if (isOrg(name)) return name;
  throw new Failure(
    'usage',
    'bad_name',
    `no organization may be called ${JSON.stringify(name)}: letters, digits and . _ @ + -, beginning with a letter or a digit.`,
  );
};

/** What is expected to go wrong (the disk, the lock, a file that exists) becomes a `Failure`; all else is a bug and goes on. */
export const carefully = async (work: () => Promise<Exit | undefined>): Promise<Exit | undefined> => {
  try {
    return await work();
  } catch (error) {
    const fault = expectedFault(error);
    if (fault === undefined) throw error;
    throw new Failure('failure', fault.code, fault.message);
  }
};
