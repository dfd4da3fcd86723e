import { isMap } from '../yaml/merge.ts';

/** The maps of variables in an inventory as parseInventory takes it, whatever else is wrong with it. */
export function varsInInventory(value: unknown): readonly unknown[] {
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([name, body]) =>
    name === '_meta' && isMap(body) ? membersOf(body.hostvars) : varsInGroup(body, new Set()),
  );
}

/** @param around groups that this one stands in: an alias may repeat them */
function varsInGroup(body: unknown, around: ReadonlySet<unknown>): readonly unknown[] {
  if (!isMap(body) || around.has(body)) return [];
  const inner = new Set([...around, body]);
  const children = membersOf(body.children).flatMap((child) => varsInGroup(child, inner));
  return [body.vars, ...membersOf(body.hosts), ...children];
}

function membersOf(value: unknown): readonly unknown[] {
  return isMap(value) ? Object.values(value) : [];
}
