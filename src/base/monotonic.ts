/**
 * Milliseconds on a clock that nothing sets: the wall clock may jump while a duration is measured. The origin
 * means nothing.
 */
export const monotonicMs = (): number => performance.now();
