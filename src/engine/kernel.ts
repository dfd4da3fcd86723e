import type { Change } from '../model/change.ts';
import type { AnyModule, Found } from '../modules/module.ts';

/** What a change says of the kernel, where somebody asked and the subject runs. */
export function kernelPart({ kernel }: Found): Pick<Change, 'kernel'> {
  if (kernel === undefined) return {};
  const { drift, unknown } = kernel;
  return { kernel: { drift, ...(unknown === undefined ? {} : { unknown }) } };
}

/** The same in words. Why it is not known, a host says once for all. */
export function kernelNotes({ kernel }: Pick<Change, 'kernel'>): readonly string[] {
  return kernel?.drift.map(({ text }) => text) ?? [];
}

/** What is to be said of a host as a whole: of what it is not known what the kernel does, and why. */
export function kernelHostNotes(
  { words: { one, many }, kernelFacts }: AnyModule,
  tasks: readonly { readonly kernel: boolean; readonly listAll: boolean }[],
  changes: readonly Change[],
): readonly string[] {
  // Whoever lists all there is has asked for no kind by name.
  const asked = tasks.some(({ kernel, listAll }) => kernel && !listAll);
  if (kernelFacts === undefined && asked && changes.length > 0)
    return [`what the kernel does with ${many} is not looked at: what libvirt describes is taken for it`];
  const counts = new Map<string, number>();
  for (const { kernel } of changes)
    if (kernel?.unknown !== undefined) counts.set(kernel.unknown, (counts.get(kernel.unknown) ?? 0) + 1);
  return [...counts].map(
    ([why, count]) => `what the kernel does is not known of ${count} ${count === 1 ? one : many}: ${why}`,
  );
}
