/** The two ways in: the code of `vigia open`, and a key. */
import { useState } from 'preact/hooks';
import { words } from '../i18n/words.ts';
import { CopyLine } from '../parts/copy.tsx';
import { LanguageChoice, ThemeChoice } from '../parts/header.tsx';
import { Lamp } from '../parts/lamp.tsx';
import { Problem } from '../parts/problem.tsx';
import { isRedeeming, logIn, logInByCode, loginProblem, state } from '../state/link.ts';

const ofCode = new Set(['code_used', 'no_answer']);
const problemText = (isOfCode: boolean): string | undefined => {
  const problem = loginProblem.value;
  if (problem === undefined || ofCode.has(problem) !== isOfCode) return undefined;
  return words.value.login.problems[problem];
};
const isWaiting = (): boolean => state.value !== undefined || isRedeeming.value;

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly type: 'text' | 'password';
  readonly placeholder: string;
  readonly problem: string | undefined;
  readonly isFilled: boolean;
  readonly onSubmit: (text: string) => void;
}
const Form = ({ id, label, type, placeholder, problem, isFilled, onSubmit }: FieldProps) => {
  const t = words.value.login;
  const [text, setText] = useState('');
  return (
    <form
      class="f"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(text.trim());
      }}
    >
      <label for={id}>{label}</label>
      <input
        class="in mono"
        id={id}
        type={type as 'text'} // the types of Preact want a literal
        autocomplete={type === 'text' ? 'one-time-code' : 'off'}
        spellcheck={false}
        placeholder={placeholder}
        value={text}
        aria-describedby={`${id}-problem`}
        aria-invalid={problem !== undefined}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <div id={`${id}-problem`}>
        <Problem text={problem} />
      </div>
      <span class="row">
        <button class={isFilled ? 'b p' : 'b'} type="submit" disabled={isWaiting() || text.trim() === ''}>
          {isWaiting() ? t.wait : t.submit}
        </button>
      </span>
    </form>
  );
};

export const LoginScreen = () => {
  const t = words.value.login;
  return (
    <main class="lg">
      <Lamp />
      <h1 class="voice">{t.title}</h1>
      <p class="mid">{t.about(location.host)}</p>
      {state.value?.status === 'waiting' && (
        <p class="mid" role="status">
          {t.unreachable}
        </p>
      )}
      <div class="duo">
        <section>
          <h2>{t.codeTitle}</h2>
          <p class="mid">{t.codeAbout}</p>
          <CopyLine text="vigia open" />
          <Form
            id="code"
            label={t.code}
            type="text"
            placeholder="XXXX-XXXX"
            problem={problemText(true)}
            isFilled={false}
            onSubmit={(code) => void logInByCode(code)}
          />
        </section>
        <section>
          <h2>{t.keyTitle}</h2>
          <p class="mid">{t.keyAbout}</p>
          <Form
            id="key"
            label={t.key}
            type="password"
            placeholder="vigia_…"
            problem={problemText(false)}
            isFilled
            onSubmit={logIn}
          />
        </section>
      </div>
      <p class="row lg-foot">
        <LanguageChoice />
        <ThemeChoice />
      </p>
    </main>
  );
};
