/** Text to be copied, with a button that says when it was. */
import { useState } from 'preact/hooks';
import { words } from '../i18n/words.ts';

/** How long the button says "Copied". */
const copiedMs = 3_000;

export const CopyButton = ({
  text,
  isFilled = false,
  label,
}: {
  text: string;
  isFilled?: boolean;
  label?: string;
}) => {
  const [isCopied, setCopied] = useState(false);
  const t = words.value.act;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return; // the browser forbids it: the text stands beside the button and can be selected
    }
    setCopied(true);
    setTimeout(() => setCopied(false), copiedMs);
  };
  return (
    <button class={isFilled ? 'b p' : 'b'} type="button" onClick={() => void copy()}>
      {isCopied ? t.copied : (label ?? t.copy)}
    </button>
  );
};
export const CopyLine = ({ text }: { text: string }) => (
  <p class="cmd">
    <span>{text}</span>
    <CopyButton text={text} />
  </p>
);
