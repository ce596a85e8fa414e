/** A QR on its white plate, in a ring that empties while it is valid. Dark on white in every theme. */
import { useMemo } from 'preact/hooks';
import { words } from '../i18n/words.ts';
import { qrPathOf } from '../model/qr.ts';
import { now, offsetMs } from '../state/clock.ts';
import type { Secret } from '../state/pairing.ts';

/** The part of its life that is left, 0…1. */
const leftOf = ({ shownAt, expiresAt }: Secret): number => {
  const total = expiresAt - (shownAt + offsetMs.value);
  return total <= 0 ? 0 : Math.min(1, Math.max(0, (expiresAt - now.value) / total));
};

export const Qr = ({ secret }: { secret: Secret }) => {
  const { size, d } = useMemo(() => qrPathOf(secret.text), [secret.text]);
  const left = 100 - leftOf(secret) * 100;
  return (
    <div class="qr">
      <svg class="ring" viewBox="0 0 284 284" aria-hidden="true">
        <rect x="3" y="3" width="278" height="278" rx="14" />
        <rect
          class="g"
          x="3"
          y="3"
          width="278"
          height="278"
          rx="14"
          pathLength="100"
          stroke-dasharray="100"
          stroke-dashoffset={left}
        />
      </svg>
      <div class="plate">
        <svg
          viewBox={`0 0 ${size} ${size}`}
          shape-rendering="crispEdges"
          role="img"
          aria-label={words.value.pair.qr}
        >
          <path d={d} fill="#000" />
        </svg>
      </div>
    </div>
  );
};
