/**
 * Writes a sentence for the operator to standard error, when there is no log yet or no process any more.
 * Standard error that is full or closed must not change the exit code, and cannot be reported anywhere.
 */
export const complain = (text: string): void => {
  process.stderr.on('error', () => undefined); // a pipe reports its fault later
  try {
    process.stderr.write(`${text}\n`);
  } catch {
    // a file reports its fault at once
  }
};
