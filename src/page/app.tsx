/** The frame around every screen, or the log-in. */
import { useEffect } from 'preact/hooks';
import { words } from './i18n/words.ts';
import { Announcer } from './parts/announcer.tsx';
import { Banner } from './parts/banner.tsx';
import { Header } from './parts/header.tsx';
import { FleetStrip } from './parts/horizon.tsx';
import { KeysDialog } from './parts/keys-dialog.tsx';
import { PairingDialog } from './parts/pairing-dialog.tsx';
import { LoginScreen } from './screens/login.tsx';
import { ScreenOf } from './screens/screens.tsx';
import { may, state, welcome } from './state/link.ts';
import { route } from './state/route.ts';
import { onKey } from './state/shortcuts.ts';

export const App = () => (welcome.value === undefined ? <LoginScreen /> : <LoggedIn />);
const LoggedIn = () => {
  useEffect(() => {
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const isStale = state.value?.status !== 'online';
  return (
    <div class={isStale ? 'hasnav stale' : 'hasnav'}>
      <button class="skip" type="button" onClick={skip}>
        {words.value.skip}
      </button>
      <Header />
      {route.value.screen !== 'fleet' && may('sessions:read') && <FleetStrip />}
      <Banner />
      <Announcer />
      <main id="main" tabIndex={-1}>
        <ScreenOf />
      </main>
      <PairingDialog />
      <KeysDialog />
    </div>
  );
};
/** No link: the fragment of the address names the screen. */
const skip = (): void => {
  document.getElementById('main')?.focus();
};
