/**
 * Patch of Baileys' handling of a refused WebSocket upgrade. The library subscribes to `unexpected-response`
 * and does nothing, which switches off the abort of `ws`: the session would stay "connecting" without an
 * event. Seen with 403, 407, 429 and 503 against our own server: WHATSAPP-FACTS.md#refused-upgrade.
 */
import type { IncomingMessage } from 'node:http';
import type { Parts } from './socket-parts.ts';

export const refusedUpgradeProblem = ({ raw }: Parts): string | undefined =>
  raw === null ? 'the socket of a connection cannot be reached' : undefined;

/**
 * Ends the connection when its upgrade is refused. `refused` receives the HTTP status, which the library
 * never reports.
 */
export const endRefusedUpgrades = (
  { raw }: Parts,
  refused: (httpStatus: number | undefined) => void,
): void => {
  raw?.on('unexpected-response', (_request: unknown, response: IncomingMessage) => {
    refused(response.statusCode);
    raw.terminate();
  });
};
