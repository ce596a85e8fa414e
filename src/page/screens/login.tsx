/** The way in: a key. */
import { useState } from 'preact/hooks';
import { words } from '../i18n/words.ts';
import { LanguageChoice, ThemeChoice } from '../parts/header.tsx';
import { Icon } from '../parts/icon.tsx';
import { Lamp } from '../parts/lamp.tsx';
import { logIn, loginProblem, state } from '../state/link.ts';

const KeyForm = () => {
  const t = words.value.login;
  const [key, setKey] = useState('');
  const problem = loginProblem.value;
  const isWaiting = state.value !== undefined;
  return (
    <form
      class="f"
      onSubmit={(event) => {
        event.preventDefault();
        logIn(key.trim());
      }}
    >
      <label for="key">{t.key}</label>
      <input
        class="in mono"
        id="key"
        type="password"
        autocomplete="off"
        spellcheck={false}
        placeholder="vigia_…"
        value={key}
        aria-describedby="key-problem"
        aria-invalid={problem !== undefined}
        onInput={({ currentTarget }) => setKey(currentTarget.value)}
      />
      <span class="row">
        <button class="b p" type="submit" disabled={isWaiting || key.trim() === ''}>
          {isWaiting ? t.wait : t.submit}
        </button>
      </span>
      <span id="key-problem" role="alert">
        {problem !== undefined && (
          <span class="err">
            <Icon name="bad" />
            {t.problems[problem]}
          </span>
        )}
        {state.value?.status === 'waiting' && <span class="mid">{t.unreachable}</span>}
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
      <div class="duo">
        <section>
          <h2>{t.keyTitle}</h2>
          <p class="mid">{t.keyAbout}</p>
          <KeyForm />
        </section>
      </div>
      <p class="row lg-foot">
        <LanguageChoice />
        <ThemeChoice />
      </p>
    </main>
  );
};
