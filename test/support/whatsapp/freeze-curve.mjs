/** Preload for a program under test: a client library whose check of certificates cannot be replaced. */
import { Curve } from '@whiskeysockets/baileys';

Object.freeze(Curve);
