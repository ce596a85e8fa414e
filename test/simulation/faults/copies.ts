/** Operations of a person who copies directories by hand. */
import type { Org } from '../../../machines/domain/ports.ts';
import { olderCopyOf } from '../copies.ts';
import type { Harness } from '../harness.ts';
import type { Rng } from '../rng.ts';
import type { SimulatedFault } from './fault.ts';

/** Below `copyQuietMs`: the copying is never quiet for as long as that. */
const longestGapMs = 4_500;

/** The next file of a slow copy, while its first one is there. */
const copyNext = (harness: Harness, rng: Rng, org: Org, left: number): void => {
  harness.clock.add('simulation', rng.between(100, longestGapMs), () => {
    if (!harness.copies.isUnfinished(org)) return;
    if (left === 0) return harness.copies.finish(org);
    harness.volume.memory.place(`${harness.directory(org)}/pre-key-${left}.json`, '{}');
    copyNext(harness, rng, org, left - 1);
  });
};
const removeLater = (harness: Harness, rng: Rng, org: Org): void =>
  void harness.clock.add('simulation', rng.between(120, 5_000) * 1_000, () => void harness.putAway(org));

export const ofCopies: Readonly<Record<string, SimulatedFault>> = {
  'slow copy': {
    weight: 2,
    apply: (harness, rng, org) => {
      const target = harness.has(org) ? `${org}-new-copy` : org;
      if (harness.has(target)) return undefined;
      const files = rng.between(1, 12);
      harness.copies.begin(target, harness.linkedElsewhere());
      copyNext(harness, rng, target, files);
      if (target !== org) removeLater(harness, rng, target);
      return `a directory for ${target} is copied here, file by file: ${files} after the credentials`;
    },
  },
  'older copy': {
    weight: 2,
    apply: (harness, rng, org) => {
      const copy = olderCopyOf(org);
      const text = harness.credentialsOf(org)?.toString('utf8');
      const count = Number(/"nextPreKeyId":(\d+)/u.exec(text ?? '')?.[1] ?? 0);
      if (text === undefined || count < 2 || harness.has(copy)) return undefined;
      const less = rng.between(1, count - 1);
      harness.place(copy, text.replace(/"nextPreKeyId":\d+/u, `"nextPreKeyId":${count - less}`));
      harness.causes(copy, 'older_copy');
      removeLater(harness, rng, copy);
      if (rng.happens(0.5))
        harness.clock.add('simulation', rng.between(0, 120) * 1_000, () => harness.kill());
      return `an older copy of ${org} is put beside it as ${copy}`;
    },
  },
};
