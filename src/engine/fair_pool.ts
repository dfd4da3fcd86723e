/** Starts one piece of work when its turn has come. */
export type Pool = <T>(resources: readonly string[], work: () => Promise<T>) => Promise<T>;

interface Queue {
  readonly resources: readonly string[];
  readonly waiting: (() => void)[];
}

/**
 * Runs so many pieces of work at once. The next is the first of those whose resources (the machines on the way to a
 * host) are in use by the fewest: what waits for one sick machine leaves room for all the others, and where nothing is
 * shared the order is that of the calls.
 */
export function fairPool(atOnce: number): Pool {
  const inUse = new Map<string, number>();
  const queues = new Map<string, Queue>();
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
  const nextQueue = (): Queue | null => {
    let best: Queue | null = null;
    let fewest = Number.POSITIVE_INFINITY;
    for (const queue of queues.values()) {
      const uses = queue.resources.reduce((sum, one) => sum + (inUse.get(one) ?? 0), 0);
      if (uses < fewest) [best, fewest] = [queue, uses];
      if (uses === 0) break;
    }
    return best;
  };
  const startSome = (): void => {
    planned = false;
    while (running < atOnce) {
      const queue = nextQueue();
      if (queue === null) return;
      const begin = queue.waiting.shift();
      if (queue.waiting.length === 0) queues.delete(keyOf(queue.resources));
      use(queue.resources, 1);
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
      const key = keyOf(resources);
      const queue = queues.get(key) ?? { resources, waiting: [] };
      queues.set(key, queue);
      queue.waiting.push(() => {
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

function keyOf(resources: readonly string[]): string {
  return JSON.stringify(resources);
}
