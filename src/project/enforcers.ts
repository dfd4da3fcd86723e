import { homedir } from 'node:os';
import { OPENSTACK } from '../facts/ports.ts';
import type { Enforcers } from '../model/enforcer.ts';
import type { Env } from '../openstack/clouds.ts';
import type { CloudConfig } from '../openstack/config.ts';
import { openstackEnforcer } from '../openstack/enforcer.ts';
import { loadClouds } from './clouds.ts';
import type { Vault } from './vault.ts';

/**
 * Whoever limits beside the libvirt of hosts. Nobody is contacted before a host's limits are theirs.
 * @param clouds those that the inventory was read from; others are looked up by their names
 */
export function enforcersOf(clouds: readonly CloudConfig[], env: Env, vault: Vault): Enforcers {
  const configOf = async (name: string) => {
    const known = clouds.find((one) => one.name === name);
    if (known !== undefined) return known;
    const home = env.HOME ?? homedir();
    const { clouds: found, diagnostics } = await loadClouds({ names: [name], env, home, vault });
    const problem = diagnostics.find(({ severity }) => severity === 'error')?.message;
    return found[0] ?? { problem: problem ?? `no cloud "${name}" is declared` };
  };
  return new Map([[OPENSTACK, openstackEnforcer(configOf)]]);
}
