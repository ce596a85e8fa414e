/** A fleet without organizations: the first thing that a new installation shows. */
import { words } from '../i18n/words.ts';
import { CopyLine } from '../parts/copy.tsx';
import { Lamp } from '../parts/lamp.tsx';
import { may } from '../state/link.ts';
import { openPairing } from '../state/pairing.ts';

export const EmptyFleet = () => {
  const t = words.value.empty;
  return (
    <>
      <Lamp />
      <div class="emp">
        <h1 class="voice">{t.title}</h1>
        <p>{t.text}</p>
        {may('sessions:pair') && (
          <p class="row">
            <button class="b p l" type="button" onClick={() => openPairing('')}>
              {t.link}
            </button>
          </p>
        )}
        <CopyLine text="vigia doctor ../old-server/auth_info" />
        <p class="dim">{t.doctor}</p>
      </div>
    </>
  );
};
