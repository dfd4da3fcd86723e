import { formatSize, parseMemory } from '../../base/units.ts';
import { type Measure, ofSetting } from '../measure.ts';
import { LIMITS } from './rule.ts';

/** Sizes: what follows from a VM's own memory is none that holds for several VMs. */
export const MEMORY_MEASURES: readonly Measure[] = LIMITS.map((name) => ({
  name,
  parse: parseMemory,
  format: formatSize,
  of: ofSetting(name),
}));
