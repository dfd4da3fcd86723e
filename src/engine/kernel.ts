import type { Change, KernelVerdict } from '../model/change.ts';
import type { Found } from '../modules/module.ts';

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

/** What is to be said of a whole host: of how many subjects it is not known what the kernel does, and why. */
export function unknownNotes(
  verdicts: readonly KernelVerdict[],
  { one, many }: { one: string; many: string },
): readonly string[] {
  const counts = new Map<string, number>();
  for (const { unknown } of verdicts)
    if (unknown !== undefined) counts.set(unknown, (counts.get(unknown) ?? 0) + 1);
  return [...counts].map(
    ([why, count]) => `what the kernel does is not known of ${count} ${count === 1 ? one : many}: ${why}`,
  );
}
