export interface Turns {
  readonly wallMs: number;
  readonly ownMs: number;
  readonly p99Ms: number;
}
export const measureTurns: () => { readonly take: () => Turns };
