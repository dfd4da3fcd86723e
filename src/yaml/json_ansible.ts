import { Encrypted } from './encrypted.ts';

/** What Ansible's JSON says with a map: `{"__ansible_vault": "…"}` is an encrypted value. Any other map stays. */
export function fromAnsibleJson(map: Readonly<Record<string, unknown>>): unknown {
  const text = map.__ansible_vault;
  return typeof text === 'string' && Object.keys(map).length === 1 ? new Encrypted(text) : map;
}
