import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseOpenstackSource } from '../inventory/openstack/parse.ts';
import { openstackStatements } from '../inventory/openstack/statements.ts';
import type { ParsedInventory } from '../inventory/statements.ts';
import type { CloudRegion } from '../model/cloud.ts';
import { type Diagnostic, hasErrors, type Place } from '../model/diagnostic.ts';
import { type Cloud, openCloud } from '../openstack/cloud.ts';
import type { Env } from '../openstack/clouds.ts';
import { readRegion } from '../openstack/compute.ts';
import type { CloudConfig } from '../openstack/config.ts';
import { CloudError } from '../openstack/errors.ts';
import { loadClouds } from './clouds.ts';
import type { Vault } from './vault.ts';

/** What is needed to ask clouds; without it an inventory of a plugin is not asked for. */
export interface CloudAccess {
  readonly env: Env;
  /** Hears of each cloud that is asked. */
  readonly asked?: (cloud: CloudConfig) => void;
  /** Hears of each cloud that has not told all after a while: somebody may wait for it. */
  readonly slow?: ((cloud: CloudConfig) => void) | undefined;
  readonly slowMs?: number;
}

/** A cloud that answers at once, and has no thousands of servers, is done by then. */
const SLOW_MS = 5_000;

/**
 * An inventory file with `plugin:` in it: asks the clouds that it names, all at once. A cloud that does not answer whole
 * is an error of the file: a fleet without its hosts, or VMs without their facts, would be limited otherwise than
 * declared.
 */
export async function loadOpenstackInventory(
  value: Readonly<Record<string, unknown>>,
  path: string,
  access: CloudAccess | undefined,
  vault: Vault | undefined,
): Promise<ParsedInventory> {
  const parsed = parseOpenstackSource(value, path);
  const diagnostics: Diagnostic[] = [...parsed.diagnostics];
  if (parsed.source === null || access === undefined) return { statements: [], diagnostics };
  const { source } = parsed;
  const { cloudsFile } = source;
  const loaded = await loadClouds({
    names: source.clouds,
    file: cloudsFile === undefined ? undefined : resolve(dirname(path), cloudsFile),
    env: access.env,
    home: access.env.HOME ?? homedir(),
    vault,
    place: source.place,
  });
  diagnostics.push(...loaded.diagnostics);
  if (hasErrors(diagnostics)) return { statements: [], diagnostics };
  for (const cloud of loaded.clouds) access.asked?.(cloud);
  const read = await Promise.all(
    loaded.clouds.map(async (cloud) => {
      const slow = setTimeout(() => access.slow?.(cloud), access.slowMs ?? SLOW_MS);
      return readCloud(cloud, source.regions, source.place).finally(() => clearTimeout(slow));
    }),
  );
  diagnostics.push(...read.flatMap((one) => one.diagnostics));
  if (hasErrors(diagnostics)) return { statements: [], diagnostics };
  const made = openstackStatements(
    source,
    read.flatMap((one) => one.regions),
  );
  return { statements: made.statements, diagnostics: [...diagnostics, ...made.diagnostics] };
}

interface ReadRegions {
  readonly regions: readonly CloudRegion[];
  readonly diagnostics: readonly Diagnostic[];
}

async function readCloud(config: CloudConfig, only: readonly string[], place: Place): Promise<ReadRegions> {
  const cloud = openCloud(config);
  try {
    const named = only.length > 0 ? only : config.regions;
    const parts = named.length === 0 ? [cloud] : named.map((region) => cloud.in(region));
    return { regions: await allOf(parts), diagnostics: [] };
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return {
      regions: [],
      diagnostics: [{ severity: 'error', message: error.message, hint: hintOf(error), place }],
    };
  } finally {
    cloud.close();
  }
}

/** The first that fails ends the others. */
async function allOf(parts: readonly Cloud[]): Promise<readonly CloudRegion[]> {
  const giveUp = new AbortController();
  return Promise.all(
    parts.map((part) =>
      readRegion(part, giveUp.signal).catch((error: unknown) => {
        giveUp.abort();
        throw error;
      }),
    ),
  );
}

function hintOf({ code }: CloudError): string | undefined {
  if (code === 'unauthorized') return 'look at the user, password or application credential in clouds.yaml';
  if (code === 'forbidden')
    return 'log in to a project where the user is admin, or has a role that may list hypervisors and all servers';
  return undefined;
}
