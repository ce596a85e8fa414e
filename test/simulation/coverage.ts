/** Counts which changes of state followed which operations. */
export class Coverage {
  readonly #seen = new Map<string, Map<string, number>>();
  readonly operations = new Map<string, number>();
  #last = 'start';

  did(operation: string): void {
    this.#last = operation;
    this.operations.set(operation, (this.operations.get(operation) ?? 0) + 1);
  }
  saw(from: string | null, to: string, reason: string | undefined): void {
    const transition = `${from ?? '(new)'} → ${to}${reason === undefined ? '' : ` (${reason})`}`;
    const row = this.#seen.get(transition) ?? new Map<string, number>();
    this.#seen.set(transition, row);
    row.set(this.#last, (row.get(this.#last) ?? 0) + 1);
  }
  transitions(): readonly string[] {
    return [...this.#seen.keys()].sort();
  }
  /** The number of different pairs of a change and the operation before it. */
  pairs(): number {
    let pairs = 0;
    for (const row of this.#seen.values()) pairs += row.size;
    return pairs;
  }
  add(other: Coverage): void {
    for (const [transition, row] of other.#seen) {
      const mine = this.#seen.get(transition) ?? new Map<string, number>();
      this.#seen.set(transition, mine);
      for (const [operation, times] of row) mine.set(operation, (mine.get(operation) ?? 0) + times);
    }
    for (const [operation, times] of other.operations)
      this.operations.set(operation, (this.operations.get(operation) ?? 0) + times);
  }
  table(): string {
    const rows = this.transitions().map((transition) => {
      const row = [...(this.#seen.get(transition) ?? [])].sort((a, b) => b[1] - a[1]);
      const total = row.reduce((sum, [, times]) => sum + times, 0);
      const most = row.slice(0, 4).map(([operation, times]) => `${operation} ${times}`);
      return (
        `${transition.padEnd(44)} ${String(total).padStart(8)} after ${String(row.length).padStart(2)} ` +
        `operations, most: ${most.join(', ')}`
      );
    });
    return rows.join('\n');
  }
}
