/** The requests of the customer's page. The token is in the fragment of the address, and goes in the body. */
export interface Attempt {
  readonly phase: 'waiting' | 'linking' | 'failed';
  readonly reason: string | null;
  readonly method?: 'qr' | 'code';
  readonly qr?: { readonly svg: string; readonly expiresAt: string } | null;
  readonly code?: { readonly text: string; readonly expiresAt: string } | null;
}
export interface LinkState {
  readonly status: 'open' | 'completed' | 'expired' | 'revoked' | 'used_up';
  readonly visit: string;
  readonly name: string | null;
  readonly language: string | null;
  readonly returnUrl: string | null;
  readonly method: 'qr' | 'code' | null;
  readonly startsLeft: number;
  readonly attempt: Attempt | null;
}
/** `refused`: the server's slug and sentence. `lost`: no answer came. */
export type Answer =
  | { readonly kind: 'state'; readonly state: LinkState }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'lost' };

const token = location.hash.slice(1);
const stored = `link ${token.slice(0, 8)}`;
/** Keeps the link for this page through a reload. */
const visitOf = (): { readonly visit?: string } => {
  const visit = sessionStorage.getItem(stored);
  return visit === null ? {} : { visit };
};

const post = async (path: string, body: object): Promise<Answer> => {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, ...visitOf(), ...body }),
      credentials: 'omit',
    });
    const answer = await response.json();
    if (!response.ok) return { kind: 'refused', ...answer.error };
    sessionStorage.setItem(stored, answer.visit);
    return { kind: 'state', state: answer };
  } catch {
    return { kind: 'lost' }; // the network, or a restart of the server: the page asks again
  }
};
/** Addresses are relative, so that the page also works below a path of a proxy. */
export const fetchState = () => post('v1/link/state', {});
export const start = (
  order: { readonly method: 'qr' } | { readonly method: 'code'; readonly phoneNumber: string },
) => post('v1/link/start', order);
