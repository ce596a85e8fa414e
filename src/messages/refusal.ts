/** Why a call is refused. The shapes are those of `src/control/messages-port.ts`. */
import type { SentMessage } from '../protocol/messages.ts';

export type Refusal =
  | {
      readonly refused: 'idempotency_conflict' | 'unavailable' | 'not_found' | 'media_refused';
      readonly message: string;
    }
  | { readonly refused: 'invalid_params'; readonly path: string; readonly message: string }
  | { readonly refused: 'invalid_state'; readonly message: string; readonly state: string }
  | { readonly refused: 'queue_full'; readonly message: string; readonly retryAfterMs: number }
  | { readonly refused: 'recipient_unreachable'; readonly message: string }
  | { readonly refused: 'restricted'; readonly message: string; readonly until: number | null }
  | { readonly refused: 'timeout'; readonly message: string; readonly sent: SentMessage };
