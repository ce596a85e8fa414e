/** The names that an organization may have, and the error of a port without an adapter. */
import { describe, expect, it } from 'vitest';
import { type AnyActorLogic, createActor } from 'xstate';
import { orgPattern, ports } from '../../../machines/domain/ports.ts';
import { supervisorMachine } from '../../../machines/supervisor/supervisor.machine.ts';

const isName = (name: string) => orgPattern.test(name);
/** Every way to write it in small and capital letters. */
const written = (name: string): string[] =>
  name
    .split('')
    .reduce<string[]>(
      (begun, c) =>
        [...new Set([c.toLowerCase(), c.toUpperCase()])].flatMap((letter) => begun.map((b) => b + letter)),
      [''],
    );

describe('the name of an organization', () => {
  it.each([
    ...['con', 'prn', 'aux', 'nul'],
    ...['com', 'lpt'].flatMap((port) => ['0', '1', '9'].map((n) => port + n)),
  ])('is not the device %s of Windows, in whatever letters, with or without an extension', (device) => {
    for (const name of written(device)) expect([name, `${name}.txt`, `${name}.`].filter(isName)).toEqual([]);
    expect(isName(`${device}-1`) && isName(`x${device}`) && isName(`my.${device}`)).toBe(true);
  });
  it('it is no name of a temporary file or of a repair of the disk', () => {
    for (const name of written('tmp')) expect([`a.${name}`, `acme.old.${name}`].filter(isName)).toEqual([]);
    expect(isName('lost+found')).toBe(false);
    expect(
      ['a.tmp.old', 'a.tmpx', 'tmp', 'lost+founder', 'my-lost+found'].filter((name) => !isName(name)),
    ).toEqual([]);
  });
  it('it has 1 to 128 letters, digits and signs, and begins with a letter or a digit', () => {
    expect(['a', '7', 'Acme', 'a.b_c@d.e+f-g', 'x'.repeat(128)].filter((name) => !isName(name))).toEqual([]);
    expect(
      ['', '.a', '-a', '_a', '/a', 'a/b', '../a', 'a b', 'a\n', 'ä', 'x'.repeat(129)].filter(isName),
    ).toEqual([]);
  });
});

describe('a port without an adapter', () => {
  const holes: [string, AnyActorLogic][] = [
    ...Object.entries(ports),
    ...Object.entries(supervisorMachine.implementations.actors as Record<string, AnyActorLogic>).filter(
      ([name]) => name !== 'gate',
    ),
  ];
  it.each(holes)('it throws an error that names it: %s', async (name, logic) => {
    const logged = await new Promise((resolve) => {
      const actor = createActor(logic);
      actor.subscribe({ error: resolve });
      actor.start();
    });
    expect(logged).toEqual(new Error(`port not plugged: ${name}`));
  });
});
