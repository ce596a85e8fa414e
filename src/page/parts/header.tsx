/** The name, the screens that the key may see, the connection, language, theme, log out. */
import { count, words } from '../i18n/words.ts';
import { loudCount } from '../state/alerts.ts';
import { isOnline, logOut, may } from '../state/link.ts';
import { language, languages, theme, themes } from '../state/preferences.ts';
import { hrefOf, route, type Screen, scopeOf } from '../state/route.ts';
import { Icon, type IconName } from './icon.tsx';

interface Entry {
  readonly screen: Exclude<Screen, 'org' | 'events'>;
  readonly icon: IconName;
}
const entries: readonly Entry[] = [
  { screen: 'fleet', icon: 'fleet' },
  { screen: 'alerts', icon: 'bell' },
  { screen: 'deliveries', icon: 'send' },
  { screen: 'keys', icon: 'key' },
  { screen: 'server', icon: 'server' },
];
const isCurrent = (screen: Screen): boolean =>
  route.value.screen === screen || (screen === 'fleet' && route.value.screen === 'org');

const Nav = () => {
  const t = words.value.nav;
  return (
    <nav class="nav" aria-label={t.label}>
      {entries
        .filter(({ screen }) => may(scopeOf[screen]))
        .map(({ screen, icon }) => (
          <a key={screen} href={hrefOf(screen)} aria-current={isCurrent(screen) ? 'page' : undefined}>
            <Icon name={icon} />
            <span>{t[screen]}</span>
            {screen === 'alerts' && loudCount.value > 0 && <span class="n">{count(loudCount.value)}</span>}
          </a>
        ))}
    </nav>
  );
};

export const LanguageChoice = () => (
  <label class="choice">
    <span class="vh">{words.value.nav.language}</span>
    <select
      value={language.value}
      onChange={({ currentTarget }) => {
        language.value = languages.find((one) => one === currentTarget.value) ?? 'en';
      }}
    >
      {languages.map((one) => (
        <option key={one} value={one}>
          {one.toUpperCase()}
        </option>
      ))}
    </select>
  </label>
);
export const ThemeChoice = () => {
  const t = words.value.nav;
  return (
    <label class="choice">
      <span class="vh">{t.theme}</span>
      <select
        value={theme.value}
        onChange={({ currentTarget }) => {
          theme.value = themes.find((one) => one === currentTarget.value) ?? 'system';
        }}
      >
        {themes.map((one) => (
          <option key={one} value={one}>
            {t.themes[one]}
          </option>
        ))}
      </select>
    </label>
  );
};

export const Header = () => {
  const t = words.value;
  return (
    <header class="top">
      <a class="brand" href={hrefOf('fleet')}>
        <svg aria-hidden="true">
          <use href="#i-mark" />
        </svg>
        Vigía
      </a>
      <Nav />
      <div class="r">
        <p class="live">
          <i class={isOnline.value ? 'ping' : 'off'} />
          <span>{isOnline.value ? t.link.live : t.link.lost}</span>
        </p>
        <LanguageChoice />
        <button class="b q" type="button" onClick={logOut}>
          {t.nav.logOut}
        </button>
      </div>
    </header>
  );
};
