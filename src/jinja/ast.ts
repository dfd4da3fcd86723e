/** Jinja as virtune evaluates it: what parse.ts makes of the parser's tree, so that nothing else knows that one. */
export type Node =
  | { readonly type: 'literal'; readonly value: string | number | boolean | null }
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'list'; readonly items: readonly Node[] }
  | { readonly type: 'map'; readonly entries: readonly (readonly [Node, Node])[] }
  | { readonly type: 'unary'; readonly operator: 'not' | '-' | '+'; readonly operand: Node }
  | { readonly type: 'binary'; readonly operator: string; readonly left: Node; readonly right: Node }
  | { readonly type: 'member'; readonly object: Node; readonly key: Node }
  | {
      readonly type: 'slice';
      readonly object: Node;
      readonly start: Node | null;
      readonly stop: Node | null;
      readonly step: Node | null;
    }
  | { readonly type: 'filter'; readonly name: string; readonly operand: Node; readonly args: Args }
  | {
      readonly type: 'test';
      readonly name: string;
      readonly negated: boolean;
      readonly operand: Node;
      readonly args: Args;
    }
  | { readonly type: 'call'; readonly callee: Node; readonly args: Args }
  | { readonly type: 'choice'; readonly test: Node; readonly yes: Node; readonly no: Node | null };

/** What stands between `{%` and `%}`, and texts and expressions beside it. */
export type Statement =
  | { readonly type: 'output'; readonly value: Node }
  | {
      readonly type: 'if';
      readonly test: Node;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | {
      readonly type: 'for';
      readonly names: readonly string[];
      readonly iterable: Node;
      /** `for x in list if test` */
      readonly filter: Node | null;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | { readonly type: 'set'; readonly name: string; readonly value: Node };

export interface Args {
  readonly positional: readonly Node[];
  readonly named: readonly (readonly [string, Node])[];
}

/** What a node is called in a message: `a.b[0]`, or null where there is no short name for it. */
export function describe(node: Node): string | null {
  if (node.type === 'name') return node.name;
  if (node.type !== 'member') return null;
  const object = describe(node.object);
  if (object === null || node.key.type !== 'literal') return null;
  const key = node.key.value;
  return typeof key === 'string' && /^[A-Za-z_]\w*$/.test(key)
    ? `${object}.${key}`
    : `${object}[${JSON.stringify(key)}]`;
}

/** The variable that a node begins with: `a` of `a.b[0] | first`. */
export function rootName(node: Node): string | null {
  switch (node.type) {
    case 'name':
      return node.name;
    case 'member':
    case 'slice':
      return rootName(node.object);
    case 'filter':
    case 'test':
      return rootName(node.operand);
    case 'call':
      return rootName(node.callee);
    default:
      return null;
  }
}
