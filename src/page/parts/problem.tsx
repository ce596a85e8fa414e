/** What went wrong, beside what caused it. */
import { Icon } from './icon.tsx';

export const Problem = ({ text }: { text: string | undefined }) =>
  text === undefined ? null : (
    <p class="err" role="alert">
      <Icon name="bad" />
      {text}
    </p>
  );
