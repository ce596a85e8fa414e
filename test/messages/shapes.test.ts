/** Rooms do not import each other: here the compiler compares their shapes. */
import { expect, it } from 'vitest';
import { isRefusal, type Messages } from '../../src/control/messages-port.ts';
import type { SenderPort } from '../../src/messages/ports.ts';
import type { MessageDoor, Sender } from '../../src/whatsapp/messages/port.ts';
import { onVirtualTime, orderOf, worldOf } from './harness.ts';

onVirtualTime();
it('the room is what the control API and the sockets call, and takes their senders', async () => {
  const { api, door } = await worldOf().open();
  const messages: Messages = api;
  const sockets: MessageDoor = door;
  const senderOf = (sender: Sender): SenderPort => sender;
  expect(isRefusal(await messages.send(orderOf('k')))).toBe(false);
  expect(sockets.isWanted('acme')).toBe(true);
  expect(senderOf).toHaveLength(1);
});
