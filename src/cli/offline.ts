/** Shared by the commands without a server: checked names, and messages for expected errors of the system. */
import { expectedFault, isOrg } from '../offline/bundles.ts';
import { type Exit, Failure } from './exit-codes.ts';

const rule = 'Use letters, digits and . _ @ + -, and begin with a letter or a digit.';
/** Throws `Failure` (usage) for a name that is not valid for an organization. */
export const orgNamed = (name: string): string => {
  if (isOrg(name)) return name;
  throw new Failure(
    'usage',
    'bad_name',
    `${JSON.stringify(name)} is not a valid name of an organization. ${rule}`,
  );
};

/**
 * Throws an expected error (the disk, the lock, an existing file) as `Failure`. Every other error is a bug,
 * and passes.
 */
export const withPlainFailures = async (work: () => Promise<Exit | undefined>): Promise<Exit | undefined> => {
  try {
    return await work();
  } catch (error) {
    const fault = expectedFault(error);
    if (fault === undefined) throw error;
    throw new Failure('failure', fault.code, fault.message);
  }
};
