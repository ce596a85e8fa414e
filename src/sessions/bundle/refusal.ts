import { type Failed, failed } from '../../base/result.ts';

/**
 * Why an export or import was refused: stable codes for programs, and whether `--force` overrides the
 * refusal.
 */
export const refusals = {
  unknown_organization: { forcible: false },
  not_restorable: { forcible: false },
  running: { forcible: false },
  pairing: { forcible: false },
  changed_meanwhile: { forcible: false },
  journal_left: { forcible: false },
  bundle_damaged: { forcible: false },
  identity_elsewhere: { forcible: false },
  wrong_user: { forcible: false },
  name_taken: { forcible: false },
  older_copy: { forcible: true },
  another_identity: { forcible: true },
  occupied: { forcible: true },
} as const satisfies Readonly<Record<string, { readonly forcible: boolean }>>;
export type RefusalCode = keyof typeof refusals;

export type BundleRefusal = Failed<RefusalCode>;
export const refuseBundle = (code: RefusalCode, message: string): BundleRefusal =>
  failed(
    code,
    refusals[code].forcible
      ? `${message} --force does it anyway, and archives the present directory.`
      : message,
  );
