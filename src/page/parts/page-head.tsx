/** The head of a screen. The focus goes to it after a change of the screen. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface Props {
  readonly title: string;
  readonly about?: string;
  readonly children?: ComponentChildren;
}
export const PageHead = ({ title, about, children }: Props) => {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="pgh">
      <div>
        <h1 ref={heading} tabIndex={-1} class="voice">
          {title}
        </h1>
        {about !== undefined && <p>{about}</p>}
      </div>
      {children !== undefined && <div class="r">{children}</div>}
    </div>
  );
};
