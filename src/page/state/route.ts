/** The screens, by the fragment of the address: `#/org/acme`. A fragment is never sent to a server. */
import { signal } from '@preact/signals';
import type { Scope } from '../../protocol/scopes.ts';

export const screens = ['fleet', 'org', 'alerts', 'deliveries', 'keys', 'server', 'events'] as const;
export type Screen = (typeof screens)[number];
/** What a key needs to see a screen. */
export const scopeOf: Readonly<Record<Screen, Scope>> = {
  fleet: 'sessions:read',
  org: 'sessions:read',
  alerts: 'alerts:read',
  deliveries: 'webhooks:admin',
  keys: 'keys:write',
  server: 'sessions:read',
  events: 'sessions:read',
};
export interface Route {
  readonly screen: Screen;
  /** Only of the screen `org`. */
  readonly orgId?: string;
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
export const routeOf = (fragment: string): Route => {
  const [, name = '', id = ''] = fragment.split('/');
  const screen = screens.find((one) => one === name) ?? 'fleet';
  if (screen !== 'org') return { screen };
  return id === '' ? { screen: 'fleet' } : { screen, orgId: decoded(id) };
};
export const hrefOf = (screen: Screen, orgId?: string): string =>
  orgId === undefined ? `#/${screen === 'fleet' ? '' : screen}` : `#/org/${encodeURIComponent(orgId)}`;

export const route = signal<Route>(routeOf(location.hash));
export const go = (screen: Screen, orgId?: string): void => {
  location.hash = hrefOf(screen, orgId);
};
addEventListener('hashchange', () => {
  route.value = routeOf(location.hash);
});
