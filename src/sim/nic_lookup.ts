import type { SimNic } from './model.ts';

/**
 * `virDomainNetFind` (libvirt facts, section 1.4): what parses as a MAC is looked up as one, and the first NIC that has
 * it is taken; anything else must be a target's exact name.
 */
export function findNic<T extends SimNic>(nics: readonly T[], device: string): T | undefined {
  const mac = parseMac(device);
  return nics.find((nic) => (mac === null ? nic.target !== '' && nic.target === device : nic.mac === mac));
}

/** One or two hexadecimal digits a part, any case; null when it is not a MAC. */
function parseMac(text: string): string | null {
  if (!/^[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}$/.test(text)) return null;
  return text
    .toLowerCase()
    .split(':')
    .map((part) => part.padStart(2, '0'))
    .join(':');
}
