/** Mistakes in the configuration of deliveries that only this room can see. */
import { events } from '../protocol/events.ts';
import { allowing, faultOfUrl } from './address.ts';

/** Under the names of the configuration. */
export interface DeliverySettings {
  readonly endpoints: readonly {
    readonly name: string;
    readonly url: string;
    readonly events?: readonly string[] | undefined;
  }[];
  readonly WEBHOOK_ALLOWED_NETWORKS: readonly string[];
  readonly ALERTMANAGER_URL?: string | undefined;
  readonly HEARTBEAT_URL?: string | undefined;
}

const isEvent = (type: string) => type in events && type !== 'server.draining';
/** The mistakes as sentences, which repeat no address. */
export const faultsOfDelivery = ({
  endpoints,
  WEBHOOK_ALLOWED_NETWORKS,
  ALERTMANAGER_URL,
  HEARTBEAT_URL,
}: DeliverySettings): readonly string[] => {
  const isAllowed = allowing(WEBHOOK_ALLOWED_NETWORKS);
  const others = [
    ...(ALERTMANAGER_URL === undefined ? [] : [{ name: 'alertmanager', url: ALERTMANAGER_URL }]),
    ...(HEARTBEAT_URL === undefined ? [] : [{ name: 'heartbeat', url: HEARTBEAT_URL }]),
  ];
  const addresses = [...endpoints, ...others].flatMap(({ name, url }) => {
    const fault = faultOfUrl(url, isAllowed);
    return fault === undefined ? [] : [`The address of "${name}" cannot be used: ${fault}`];
  });
  const types = endpoints.flatMap(({ name, events: wanted = [] }) =>
    wanted
      .filter((type) => !isEvent(type))
      .map(
        (type) => `"${name}" wants "${type}", and there is no such event: see docs/integrators/PROTOCOL.md.`,
      ),
  );
  return [...addresses, ...types];
};
