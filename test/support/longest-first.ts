import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take the longest, by our own measurement. The last file that starts decides when a run ends. */
const longest = [
  'test/simulation/simulation.test.ts',
  'test/whatsapp/store/kill.test.ts',
  'test/delivery/kill.test.ts',
  'test/page/accessibility.test.ts',
  'test/e2e/noticing.test.ts',
  'test/e2e/control-kill.test.ts',
  'test/e2e/damage.test.ts',
  'test/e2e/directory.test.ts',
];

/** Starts the longest files first; the others follow in vitest's own order. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    const isFirst = ({ moduleId }: TestSpecification) => longest.some((name) => moduleId.endsWith(name));
    return [...others.filter(isFirst), ...others.filter((file) => !isFirst(file))];
  }
}
