/** Starts one piece of work when its turn has come. */
export type Pool = <T>(resources: readonly string[], work: () => Promise<T>) => Promise<T>;

/** What waits for the same resources. */
interface Queue {
  /** Number in the order of all queues. */
  readonly order: number;
  /** The last resource: the host itself. */
  readonly host: string;
  readonly waiting: (() => void)[];
}

/** The queues whose resources are the same except the last. */
interface Route {
  readonly shared: readonly string[];
  readonly queues: Map<string, Queue>;
}

/**
 * Runs so many pieces of work at once. The next is the first of those whose resources (the machines on the route to a
 * host) are in use by the fewest: what waits for one sick machine leaves room for all the others, and where nothing is
 * shared the order is that of the calls. A start costs a look at each route, not at each host that waits.
 */
export function fairPool(atOnce: number): Pool {
  const inUse = new Map<string, number>();
  const routes = new Map<string, Route>();
  let count = 0;
  let running = 0;
  let planned = false;

  const use = (resources: readonly string[], change: number): void => {
    running += change;
    for (const one of resources) {
      const left = (inUse.get(one) ?? 0) + change;
      if (left === 0) inUse.delete(one);
      else inUse.set(one, left);
    }
  };
  const usesOf = (one: string): number => inUse.get(one) ?? 0;
  const nextOf = (): { readonly route: Route; readonly queue: Queue } | null => {
    let best: { route: Route; queue: Queue; uses: number } | null = null;
    for (const route of routes.values()) {
      const queue = leastUsed(route, usesOf);
      const uses = [...route.shared, queue.host].reduce((sum, one) => sum + usesOf(one), 0);
      const better =
        best === null || uses < best.uses || (uses === best.uses && queue.order < best.queue.order);
      if (better) best = { route, queue, uses };
    }
    return best;
  };
  const startSome = (): void => {
    planned = false;
    while (running < atOnce) {
      const next = nextOf();
      if (next === null) return;
      const { route, queue } = next;
      const begin = queue.waiting.shift();
      if (queue.waiting.length === 0) route.queues.delete(queue.host);
      if (route.queues.size === 0) routes.delete(keyOf(route.shared));
      begin?.();
    }
  };
  /** Not at once: what is called for in the same moment is chosen from together. */
  const plan = (): void => {
    if (planned) return;
    planned = true;
    queueMicrotask(startSome);
  };
  return (resources, work) =>
    new Promise((resolve, reject) => {
      const shared = resources.slice(0, -1);
      const host = resources.at(-1) ?? '';
      const key = keyOf(shared);
      const route = routes.get(key) ?? { shared, queues: new Map<string, Queue>() };
      routes.set(key, route);
      const queue = route.queues.get(host) ?? { order: count++, host, waiting: [] };
      route.queues.set(host, queue);
      queue.waiting.push(() => {
        use(resources, 1);
        void work()
          .then(resolve, reject)
          .finally(() => {
            use(resources, -1);
            plan();
          });
      });
      plan();
    });
}

/** Of the queues of a route the first whose host is in use the least: most often the first, whose host is free. */
function leastUsed(route: Route, usesOf: (resource: string) => number): Queue {
  let best: Queue | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const queue of route.queues.values()) {
    const uses = usesOf(queue.host);
    if (uses < fewest) [best, fewest] = [queue, uses];
    if (uses === 0) break;
  }
  if (best === undefined) throw new Error('a route without queues is kept');
  return best;
}

function keyOf(resources: readonly string[]): string {
  return JSON.stringify(resources);
}
