/**
 * `docs/engineering/STATES.md`: the machines, drawn from the machines themselves. Each has an overview of its
 * outermost states, and a picture of each state that has states inside, with short names.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { gateMachine } from '../../machines/gate/gate.machine.ts';
import { sessionMachine } from '../../machines/session/session.machine.ts';
import { supervisorMachine } from '../../machines/supervisor/supervisor.machine.ts';

export const file = 'docs/engineering/STATES.md';

const childrenOf = (node: AnyStateNode): readonly AnyStateNode[] => Object.values(node.states);
const isCompound = (node: AnyStateNode): boolean => childrenOf(node).length > 0;
const within = (node: AnyStateNode): readonly AnyStateNode[] => [node, ...childrenOf(node).flatMap(within)];
/** The outermost state around this one; the root for the root. */
const outermost = (node: AnyStateNode): AnyStateNode => {
  let here = node;
  while (here.parent?.parent) here = here.parent;
  return here;
};

/**
 * The adapter whose answer the event is: `xstate.done.actor.ID` and `xstate.error.actor.ID` name an
 * invocation by its id.
 */
const invokedBy = ({ source, eventType }: AnyTransitionDefinition): string => {
  const id = eventType.replace(/^xstate\.(done|error)\.actor\./, '');
  return String(source.invoke.find((invoked) => invoked.id === id)?.src ?? id);
};
/**
 * `xstate.after.connect.session…` is shown as `after connect`, the answer of an invoked actor as `done
 * permit` or `failed permit`.
 */
const eventOf = (transition: AnyTransitionDefinition): string => {
  const { eventType } = transition;
  if (eventType.startsWith('xstate.after.')) return `after ${eventType.split('.')[2]}`;
  if (eventType.startsWith('xstate.done.state.')) return 'all done';
  if (eventType.startsWith('xstate.done.')) return `done ${invokedBy(transition)}`;
  return eventType.startsWith('xstate.error.') ? `failed ${invokedBy(transition)}` : eventType;
};
const guardOf = ({ guard }: AnyTransitionDefinition): string => {
  if (guard === undefined) return '';
  return `[${typeof guard === 'string' ? guard : ((guard as { type?: string }).type ?? 'guard')}]`;
};
const labelOf = (t: AnyTransitionDefinition): string => `${eventOf(t)} ${guardOf(t)}`.trim();

interface Arrow {
  readonly from: AnyStateNode;
  readonly to: AnyStateNode;
  readonly transition: AnyTransitionDefinition;
}
/** Transitions without a target change no state and have no arrow. */
const arrowsOf = (node: AnyStateNode): readonly Arrow[] =>
  [...(node.always ?? []), ...[...node.transitions.values()].flat()].flatMap(
    (transition: AnyTransitionDefinition) =>
      (transition.target ?? []).map((to) => ({ from: node, to, transition })),
  );
const draw = (lines: readonly string[]): string =>
  ['```mermaid', 'stateDiagram-v2', ...lines, '```'].join('\n');
const arrowLine = (from: string, to: string, label: string): string =>
  `  ${from} --> ${to}${label === '' ? '' : ` : ${label}`}`;

/** The outermost states, and one arrow for all the ways from one to another. Its label names the events. */
const overviewOf = (machine: AnyStateMachine): string => {
  const all = childrenOf(machine.root).flatMap(within).flatMap(arrowsOf);
  const events = new Map<string, Set<string>>();
  for (const { from, to, transition } of all) {
    const [start, end] = [outermost(from), outermost(to)];
    if (start === end) continue;
    const way = `${start.key} ${end.key}`;
    events.set(way, (events.get(way) ?? new Set()).add(eventOf(transition)));
  }
  const arrows = [...events].map(([way, names]) => {
    const [from = '', to = ''] = way.split(' ');
    return arrowLine(from, to, [...names].filter((name) => name !== '').join(', '));
  });
  const finals = childrenOf(machine.root).flatMap((node) =>
    node.type === 'final' ? [arrowLine(node.key, '[*]', '')] : [],
  );
  return draw([arrowLine('[*]', machine.root.initial.target?.[0]?.key ?? '', ''), ...arrows, ...finals]);
};

/** A short name for each state of one picture: its own, with its parent's in front where two are the same. */
const namesOf = (nodes: readonly AnyStateNode[]): ReadonlyMap<AnyStateNode, string> => {
  const count = new Map<string, number>();
  for (const { key } of nodes) count.set(key, (count.get(key) ?? 0) + 1);
  return new Map(
    nodes.map((node) => [node, count.get(node.key) === 1 ? node.key : `${node.parent?.key}_${node.key}`]),
  );
};

const boxesOf = (
  node: AnyStateNode,
  names: ReadonlyMap<AnyStateNode, string>,
  depth = 1,
): readonly string[] => {
  const pad = '  '.repeat(depth);
  const name = names.get(node);
  if (!isCompound(node))
    return [name === node.key ? `${pad}${name}` : `${pad}state "${node.key}" as ${name}`];
  const first = node.type === 'parallel' ? undefined : node.initial.target?.[0];
  const inside = childrenOf(node).flatMap((child, n) => [
    ...(n > 0 && node.type === 'parallel' ? [`${pad}  --`] : []),
    ...boxesOf(child, names, depth + 1),
  ]);
  return [
    `${pad}state ${name} {`,
    ...(first ? [`${pad}  [*] --> ${names.get(first)}`] : []),
    ...inside,
    `${pad}}`,
  ];
};
/**
 * These states with all that is inside them, and every way out of them. States elsewhere appear by their
 * outermost name.
 */
const detailOf = (nodes: readonly AnyStateNode[]): string => {
  const inside = nodes.flatMap(within);
  const arrows = inside.flatMap(arrowsOf);
  const shown = ({ to }: Arrow): AnyStateNode => (inside.includes(to) ? to : outermost(to));
  const names = namesOf([...new Set([...inside, ...arrows.map(shown)])]);
  const lines = arrows.map((arrow) =>
    arrowLine(names.get(arrow.from) ?? '', names.get(shown(arrow)) ?? '', labelOf(arrow.transition)),
  );
  const finals = inside.flatMap((node) =>
    node.type === 'final' ? [arrowLine(names.get(node) ?? '', '[*]', '')] : [],
  );
  return draw([...nodes.flatMap((node) => boxesOf(node, names)), ...lines, ...finals]);
};

const sectionsOf = (machine: AnyStateMachine): string => {
  const outer = childrenOf(machine.root);
  const always = arrowsOf(machine.root).map(
    ({ to, transition }) => `- \`${labelOf(transition)}\` → \`${to.key}\``,
  );
  const simple = outer.filter((node) => !isCompound(node) && arrowsOf(node).length > 0);
  return [
    overviewOf(machine),
    ...(always.length > 0 ? [`From any state that does not say otherwise:\n\n${always.join('\n')}`] : []),
    ...outer.filter(isCompound).map((node) => `### Inside \`${node.key}\`\n\n${detailOf([node])}`),
    ...(simple.length > 0 ? [`### The simple states\n\n${detailOf(simple)}`] : []),
  ].join('\n\n');
};

export const render = (): string => `# The machines, drawn

<!-- generated by \`npm run docs\` from machines/; do not edit -->

Each machine has an overview of its outermost states, and then a picture of each state with states inside. A picture shows every way out of
its states, with the guard in brackets. \`after …\` names a delay, and its number is in
[CONFIGURATION](../operators/CONFIGURATION.md#the-policy-file). \`done …\` and \`failed …\` are the answers of an invoked actor.

## A session

${sectionsOf(sessionMachine)}

## The gate

${sectionsOf(gateMachine)}

## The supervisor

${sectionsOf(supervisorMachine)}
`;
