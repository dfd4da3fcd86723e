/**
 * Writes of many domains go side by side: libvirt sets one NIC after the other, each with about ten calls of `tc`, and
 * lets domains be changed at the same time. Steps are dealt to lanes by their domain, so that what is of one domain stays
 * in its order, in one virsh process.
 */

/** With two processors two lanes take 55% of the time, and four no more; hosts have more of them. */
export const MOST_LANES = 4;

/** Fewer domains than these are not worth a virsh process of their own. */
const LEAST_DOMAINS = 4;

/** Between the words of a lane, in the program's argument. */
export const BETWEEN = '~';

/** For each step the number of its lane, from 0. Where a command itself has {@link BETWEEN}, there is one lane. */
export function lanesOf(
  steps: readonly { readonly uuid: string; readonly commands: readonly (readonly string[])[] }[],
): readonly number[] {
  const domains = new Map<string, number>();
  for (const { uuid } of steps) if (!domains.has(uuid)) domains.set(uuid, domains.size);
  const isSafe = steps.every(({ commands }) => !commands.flat().some((word) => word.includes(BETWEEN)));
  const lanes = isSafe ? Math.max(1, Math.min(MOST_LANES, Math.floor(domains.size / LEAST_DOMAINS))) : 1;
  return steps.map(({ uuid }) => (domains.get(uuid) ?? 0) % lanes);
}

/**
 * What each lane said on standard error, whose lines have its number from 1 on before them, and what was said besides.
 * Lines of lanes come in any order, those of one lane in its own.
 */
export function saidByLanes(
  marker: string,
  stderr: string,
): { readonly besides: string; readonly lanes: ReadonlyMap<number, string> } {
  const tag = new RegExp(`^error: ${marker}:(\\d+):`);
  const [besides, lanes] = [[] as string[], new Map<number, string>()];
  for (const line of stderr.split('\n')) {
    const lane = tag.exec(line);
    if (lane === null) besides.push(line);
    else {
      const number = Number(lane[1]);
      lanes.set(number, `${lanes.get(number) ?? ''}${line.slice(lane[0].length)}\n`);
    }
  }
  return { besides: besides.join('\n'), lanes };
}
