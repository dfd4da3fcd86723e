import { Encrypted } from './encrypted.ts';
import { UnsafeText } from './unsafe.ts';

/**
 * What Ansible's JSON says with a map: `{"__ansible_vault": "…"}` is an encrypted value, `{"__ansible_unsafe": "…"}` a text
 * that is no template. Any other map stays.
 */
export function fromAnsibleJson(map: Readonly<Record<string, unknown>>): unknown {
  const { __ansible_vault: encrypted, __ansible_unsafe: unsafe } = map;
  if (Object.keys(map).length !== 1) return map;
  if (typeof encrypted === 'string') return new Encrypted(encrypted);
  return typeof unsafe === 'string' ? new UnsafeText(unsafe) : map;
}
