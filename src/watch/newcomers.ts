import type { HostResult } from '../model/result.ts';

/**
 * VMs on a host of which its inventory does not know: a cloud has made or moved them since it was asked. Each counts
 * once while it is there, since a host may have VMs that no cloud knows.
 * @param serversOn what a cloud says a host has; null where none says anything
 * @returns whether the result of a look has one that was not told of before
 */
export function newcomers(
  serversOn: (host: string) => ReadonlySet<string> | null,
): (result: Pick<HostResult, 'name' | 'vms'>) => boolean {
  const told = new Map<string, ReadonlySet<string>>();
  return ({ name, vms }) => {
    if (vms === undefined) return false;
    const servers = serversOn(name);
    const unknown =
      servers === null ? [] : vms.known.map(({ uuid }) => uuid).filter((uuid) => !servers.has(uuid));
    const before = told.get(name);
    if (unknown.length === 0) told.delete(name);
    else told.set(name, new Set(unknown));
    return unknown.some((uuid) => before?.has(uuid) !== true);
  };
}
