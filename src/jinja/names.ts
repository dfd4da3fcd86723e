/** What a template speaks of. */
export interface Names {
  /** Variables that it reads, those that it sets itself left out. */
  readonly read: ReadonlySet<string>;
  /** Texts in it, each of which may be the name of a variable: `vars["a"]`, `lookup("vars", "a")`. */
  readonly texts: ReadonlySet<string>;
}

/** @param tree a node or the statements of a template (ast.ts) */
export function namesIn(tree: unknown): Names {
  const read = new Set<string>();
  const own = new Set<string>();
  const texts = new Set<string>();
  const waiting: unknown[] = [tree];
  for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
    if (typeof item !== 'object' || item === null) continue;
    const node = item as { readonly [key: string]: unknown };
    if (node.type === 'name') read.add(String(node.name));
    if (node.type === 'set') own.add(String(node.name));
    if (node.type === 'for') for (const name of node.names as readonly string[]) own.add(name);
    if (node.type === 'literal' && typeof node.value === 'string') texts.add(node.value);
    // A call of a function reads no variable of its name.
    const called = node.type === 'call' && (node.callee as { type?: unknown }).type === 'name';
    for (const [key, inner] of Object.entries(node)) if (!(called && key === 'callee')) waiting.push(inner);
  }
  return { read: new Set([...read].filter((name) => !own.has(name))), texts };
}
