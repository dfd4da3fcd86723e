import type { SetCapability } from '../module.ts';

const OPTIONS = [
  ['softLimit', 'soft_limit', '--soft-limit <amount>', 'of memory, e.g. "120% of memory", 4GiB or unlimited'],
  ['hardLimit', 'hard_limit', '--hard-limit <amount>', 'of memory, e.g. "memory + 2 GiB" or unlimited'],
  ['swapHardLimit', 'swap_hard_limit', '--swap-hard-limit <amount>', 'of memory and swap together'],
  ['forceLimit', 'force', '--force-limit <limit>', 'set hard_limit or soft_limit also below what is safe'],
] as const;

/** `virtune set HOST DOMAIN --soft-limit 4GiB`. */
export const setMemory: SetCapability = {
  options: OPTIONS.map(([, , flags, description]) => ({ flags, description })),
  rule: (options) => {
    const given = OPTIONS.flatMap(([key, argument]): [string, string | number][] => {
      const text = options[key];
      return text === undefined ? [] : [[argument, /^\d+$/.test(text) ? Number(text) : text]];
    });
    return given.length === 0 ? null : Object.fromEntries(given);
  },
};
