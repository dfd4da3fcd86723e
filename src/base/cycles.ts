export interface Cycle {
  /** The edge that closes it. */
  readonly from: string;
  readonly to: string;
  /** The names of the cycle in order, the first one again at the end. */
  readonly path: readonly string[];
}

/** One cycle for each edge that leads back to where a depth-first walk came from. Linear; without those edges none. */
export function findCycles(
  names: readonly string[],
  next: (name: string) => readonly string[],
): readonly Cycle[] {
  const cycles: Cycle[] = [];
  const done = new Set<string>();
  for (const start of names) {
    if (done.has(start)) continue;
    const path: { readonly name: string; readonly rest: string[] }[] = [];
    const open = new Map<string, number>();
    const enter = (name: string) => {
      open.set(name, path.length);
      path.push({ name, rest: next(name).toReversed() });
    };
    enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const to = top.rest.pop();
      if (to === undefined) {
        path.pop();
        open.delete(top.name);
        done.add(top.name);
      } else if (open.has(to)) {
        const names = path.slice(open.get(to)).map((step) => step.name);
        cycles.push({ from: top.name, to, path: [...names, to] });
      } else if (!done.has(to)) enter(to);
    }
  }
  return cycles;
}
