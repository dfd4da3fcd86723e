import type { Vars } from '../model/inventory.ts';
import { copyOnDemand, openOnDemandKeys } from './encrypted.ts';
import { overlayPlaces } from './places.ts';

/**
 * Layers of variables as one, a later one replacing what an earlier one has, whole values (Ansible's default). A
 * single layer is returned as it is. Places come along.
 */
export function mergeLayers(layers: readonly Vars[]): Vars {
  const full = layers.filter((layer) => Object.keys(layer).length > 0);
  if (full.length <= 1) return full[0] ?? layers[0] ?? {};
  const merged: Record<string, unknown> = {};
  for (const layer of full) {
    const unread = openOnDemandKeys(layer);
    for (const key of Object.keys(layer)) {
      // YAML never gives it; assigned, it would replace the prototype.
      if (key === '__proto__') continue;
      if (unread?.has(key)) copyOnDemand(layer, merged, key);
      else merged[key] = layer[key];
    }
  }
  overlayPlaces(merged, full);
  return merged;
}

/** True for a map: an object that is not a list. */
export function isMap(value: unknown): value is Vars {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
