import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { compile } from '../engine/compile.ts';
import type { PlayJob } from '../engine/job.ts';
import { loadExtraVars } from '../load/extra_vars.ts';
import { loadInventory } from '../load/inventory.ts';
import { loadPlaybook } from '../load/playbook.ts';
import { loadVarDirs } from '../load/var_dirs.ts';
import { type Diagnostic, InputError } from '../model/diagnostic.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Play } from '../model/playbook.ts';
import { MODULES } from '../modules/index.ts';
import { selectHosts } from '../parse/pattern.ts';
import { createHostVars, type HostVars } from '../parse/vars.ts';
import { connectionOptions, type InventoryOptions, type RunningOptions } from './options.ts';

export interface Prepared {
  readonly plays: readonly PlayJob[];
  readonly warnings: readonly Diagnostic[];
  readonly inventory: readonly string[];
}

/** Where an inventory is looked for if none is named. */
const DEFAULT_INVENTORY = 'inventory/';

/** The inventory sources to use. @throws InputError where there is none */
export async function inventorySources(options: InventoryOptions): Promise<readonly string[]> {
  if (options.inventory !== undefined) return options.inventory;
  if (await stat(DEFAULT_INVENTORY).catch(() => null)) return [DEFAULT_INVENTORY];
  throw new InputError([
    {
      severity: 'error',
      message: 'there is no inventory',
      hint: `give one with -i, or make a folder ${DEFAULT_INVENTORY}`,
    },
  ]);
}

export interface LoadedPlays {
  readonly plays: readonly Play[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads playbooks in order. */
export async function loadPlaybooks(files: readonly string[]): Promise<LoadedPlays> {
  const names = MODULES.map((module) => module.name);
  const loaded = [];
  for (const file of files) loaded.push(await loadPlaybook(file, names));
  return { plays: loaded.flatMap((one) => one.plays), diagnostics: loaded.flatMap((one) => one.diagnostics) };
}

/**
 * Loads and resolves everything that the files and the command line say.
 * @param loaded plays from playbooks, or made by a command
 * @throws InputError with all that is wrong; no host has been contacted then
 */
export async function prepare(
  loaded: LoadedPlays,
  sources: readonly string[],
  options: InventoryOptions & RunningOptions,
): Promise<Prepared> {
  const { inventory, varDirs, diagnostics: found } = await loadInventory(sources);
  const extra = await loadExtraVars(options.extraVars ?? []);
  const diagnostics: Diagnostic[] = [...loaded.diagnostics, ...found, ...extra.diagnostics];
  // Patterns say nothing of worth about an inventory that could not be read.
  if (hasErrors(found)) throw new InputError(diagnostics);
  const selected = selectPlays(loaded.plays, inventory, options.limit ?? []);
  diagnostics.push(...selected.diagnostics);
  throwErrors(diagnostics);
  const varsOf = new Map<string, HostVars>();
  for (const dir of new Set(loaded.plays.map(playbookDir))) {
    const beside = await loadVarDirs(dir === '' ? [] : [dir], inventory, varDirs);
    diagnostics.push(...beside.diagnostics);
    varsOf.set(dir, createHostVars(inventory, { inventoryDirs: varDirs, playbookDirs: beside.dirs }));
  }
  const compiled = compile({
    plays: loaded.plays,
    hostsOf: (play) => selected.hosts.get(play) ?? [],
    varsOf: (host, play) =>
      varsOf.get(playbookDir(play))?.(host, { playVars: play.vars, extraVars: extra.vars }) ?? {},
    connection: connectionOptions(options),
  });
  diagnostics.push(...compiled.diagnostics);
  throwErrors(diagnostics);
  return { plays: compiled.plays, warnings: diagnostics, inventory: sources };
}

interface SelectedPlays {
  readonly hosts: ReadonlyMap<Play, readonly string[]>;
  readonly diagnostics: readonly Diagnostic[];
}

/** A run that names no host at all is an error: in CI it would pass for one that found everything in order. */
function selectPlays(plays: readonly Play[], inventory: Inventory, limits: readonly string[]): SelectedPlays {
  const limited = limits.map((pattern) => selectHosts(inventory, pattern));
  const diagnostics = limited.flatMap((selection) => selection.diagnostics);
  const allowed = limited.map((selection) => new Set(selection.hosts));
  const hosts = new Map<Play, readonly string[]>();
  for (const play of plays) {
    const selection = selectHosts(inventory, play.hosts, play.file === '' ? undefined : play.hostsPlace);
    diagnostics.push(...selection.diagnostics);
    const left = selection.hosts.filter((host) => allowed.every((names) => names.has(host)));
    if (left.length === 0 && selection.hosts.length > 0 && !hasErrors(diagnostics))
      diagnostics.push(noneLeft(play));
    hosts.set(play, left);
  }
  if (
    !hasErrors(diagnostics) &&
    plays.length > 0 &&
    [...hosts.values()].every((names) => names.length === 0)
  ) {
    diagnostics.push({ severity: 'error', message: 'no play has a host to run on' });
  }
  return { hosts, diagnostics };
}

function playbookDir(play: Play): string {
  return play.file === '' ? '' : dirname(play.file);
}

function noneLeft(play: Play): Diagnostic {
  return {
    severity: 'warning',
    message: `play "${play.name}" has no host left: --limit names none of "${play.hosts}"`,
    place: play.hostsPlace,
  };
}

function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === 'error');
}

function throwErrors(diagnostics: readonly Diagnostic[]): void {
  if (hasErrors(diagnostics)) throw new InputError(diagnostics);
}
