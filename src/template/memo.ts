/** What a template read: the names of variables and their values, in the order of reading. */
export type Reads = ReadonlyMap<string, unknown>;

interface Entry {
  readonly reads: Reads;
  readonly result: unknown;
}

/** So many hosts' different variables are kept for a template; of a group's rules there are few variants. */
const MAX_ENTRIES = 8;
const MAX_TEXTS = 5_000;

const ofContainers = new WeakMap<object, Entry[]>();
const ofTexts = new Map<string, Entry[]>();

/**
 * What became of a template, or of a container with templates, for variables with the very same values: so that hosts
 * of a group share one result, which is then checked once.
 * @param current the value that a variable has now; asked in the order in which the template read them
 */
export function recall(template: string | object, current: (name: string) => unknown): Entry | undefined {
  return entriesOf(template)?.find(({ reads }) => {
    for (const [name, value] of reads) if (!Object.is(current(name), value)) return false;
    return true;
  });
}

export function memorise(template: string | object, reads: Reads, result: unknown): void {
  const entries = entriesOf(template) ?? [];
  if (entries.length >= MAX_ENTRIES) entries.shift();
  entries.push({ reads, result });
  if (typeof template === 'object') ofContainers.set(template, entries);
  else {
    if (ofTexts.size >= MAX_TEXTS) ofTexts.clear();
    ofTexts.set(template, entries);
  }
}

function entriesOf(template: string | object): Entry[] | undefined {
  return typeof template === 'object' ? ofContainers.get(template) : ofTexts.get(template);
}
