import { blockLimits } from './block_limits/index.ts';
import { cpuLimits } from './cpu_limits/index.ts';
import { diskLimits } from './disk_limits/index.ts';
import { memoryLimits } from './memory_limits/index.ts';
import type { AnyModule } from './module.ts';
import { nicLimits } from './nic_limits/index.ts';

/** All modules; to add one, add its line. */
export const MODULES: readonly AnyModule[] = [nicLimits, cpuLimits, memoryLimits, diskLimits, blockLimits];

/** The module of a task or a change. @throws TypeError for a name that no module has: callers have checked it */
export function moduleNamed(name: string): AnyModule {
  const module = MODULES.find((one) => one.name === name);
  if (module === undefined) throw new TypeError(`there is no module "${name}"`);
  return module;
}
