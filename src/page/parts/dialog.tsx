/** A native dialog: the focus goes into it, Escape closes it, and the focus goes back to its opener. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { words } from '../i18n/words.ts';
import { Icon } from './icon.tsx';

interface Props {
  readonly title: string;
  readonly about?: string | undefined;
  /** The name of the closing button, for screen readers. */
  readonly closing?: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}
export const Dialog = ({ title, about, closing, onClose, children }: Props) => {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onClose={onClose}>
      <div class="dh">
        <div>
          <h2 id="dialog-title">{title}</h2>
          {about !== undefined && <p>{about}</p>}
        </div>
        <button class="b q i" type="button" aria-label={closing ?? words.value.act.close} onClick={onClose}>
          <Icon name="x" />
        </button>
      </div>
      {children}
    </dialog>
  );
};
