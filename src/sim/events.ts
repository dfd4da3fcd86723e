import type { SimDomain, SimHost } from './model.ts';

/** Tells of events as `virsh event --loop` prints them (facts of libvirt 9.0.0). */
export function emitLifecycle(
  host: SimHost,
  { name }: Pick<SimDomain, 'name'>,
  ...words: readonly string[]
): void {
  host.changes++;
  for (const word of words) emit(host, `event 'lifecycle' for domain '${name}': ${word}`);
}

export function emitDeviceAdded(host: SimHost, { name }: SimDomain, alias: string): void {
  host.changes++;
  emit(host, `event 'device-added' for domain '${name}': ${alias}`);
}

function emit({ listeners }: SimHost, line: string): void {
  for (const listener of listeners) listener(line);
}
