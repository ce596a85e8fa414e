/**
 * Preload for a program under test: a fault in the code that makes a socket, as an update of Node or of the
 * library may bring.
 */
import { EventEmitter } from 'node:events';

EventEmitter.prototype.setMaxListeners = function fails() {
  throw new TypeError('Cannot set property of #<Object> which has only a getter');
};
