import type { HostOrder } from '../model/playbook.ts';

/** Hosts in the order that a play asks for, as Ansible's `order`; sorted is by code points, as Python sorts. */
export function orderHosts(
  hosts: readonly string[],
  order: HostOrder | undefined,
  seed: number,
): readonly string[] {
  switch (order) {
    case 'reverse_inventory':
      return hosts.toReversed();
    case 'sorted':
      return hosts.toSorted(byCodePoint);
    case 'reverse_sorted':
      return hosts.toSorted(byCodePoint).reverse();
    case 'shuffle':
      return shuffle(hosts, seed);
    default:
      return hosts;
  }
}

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Fisher and Yates with mulberry32: the same seed gives the same order on every machine. */
function shuffle(hosts: readonly string[], seed: number): readonly string[] {
  const shuffled = [...hosts];
  let state = seed >>> 0;
  for (let last = shuffled.length - 1; last > 0; last--) {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    const other = Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] as string, shuffled[last] as string];
  }
  return shuffled;
}
