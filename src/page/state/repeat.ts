/** Asks the server again and again for what it announces by no event. Not while the tab is hidden. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { sentenceOf } from './commands.ts';
import { isOnline } from './link.ts';

const usualMs = 5_000;
/** `ask` is called again at once when one of `changes` changed. */
export const useRepeated = <T>(ask: () => Promise<T>, changes: readonly unknown[], everyMs = usualMs) => {
  const [answer, setAnswer] = useState<T | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const latest = useRef(ask);
  latest.current = ask;
  const refresh = async (): Promise<void> => {
    try {
      setAnswer(await latest.current());
      setProblem(undefined);
    } catch (error) {
      if (isOnline.value) setProblem(sentenceOf(error));
    }
  };
  useEffect(() => {
    void refresh();
    const timer = setInterval(() => {
      if (!document.hidden && isOnline.value) void refresh();
    }, everyMs);
    return () => clearInterval(timer);
  }, changes);
  return { answer, problem, refresh };
};
