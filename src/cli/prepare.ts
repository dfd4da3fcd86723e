import { randomInt } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sshAsker } from '../connection/config/ask_ssh.ts';
import { askWithJumps } from '../connection/config/jumps.ts';
import type { PlayJob } from '../engine/job.ts';
import { type Selection, selectHosts } from '../inventory/pattern.ts';
import { createHostVars, type DirVars, type HostVars } from '../inventory/vars.ts';
import { type Diagnostic, InputError, inputError } from '../model/diagnostic.ts';
import type { Inventory, Vars } from '../model/inventory.ts';
import type { Play } from '../model/playbook.ts';
import { MODULES } from '../modules/index.ts';
import { selectTags } from '../playbook/tags.ts';
import { type Compiled, type CompileInput, compile, sshQuestions } from '../project/compile.ts';
import { loadExtraVars } from '../project/extra_vars.ts';
import { loadInventory } from '../project/inventory.ts';
import { selectLimit } from '../project/limit.ts';
import { type VarLayer, varLayers } from '../project/origin.ts';
import { loadPlaybook } from '../project/playbook.ts';
import { loadVarDirs } from '../project/var_dirs.ts';
import { loadVarsFiles } from '../project/vars_files.ts';
import { loadYaml } from '../project/yaml_file.ts';
import { holdsEncrypted } from '../yaml/encrypted.ts';
import { mergeLayers } from '../yaml/merge.ts';
import { printDiagnostics } from './diagnostics.ts';
import {
  askSecrets,
  connectionOptions,
  type InventoryOptions,
  type RunningOptions,
  type TagOptions,
  tagSelection,
} from './options.ts';
import { vaultOf } from './vault.ts';

export interface Prepared {
  readonly plays: readonly PlayJob[];
  readonly warnings: readonly Diagnostic[];
  readonly inventory: readonly string[];
  /** What gives a host variables in a play, for explanations. */
  readonly layersOf: (host: string, play: Play) => readonly VarLayer[];
}

/** Where an inventory is looked for if none is named. */
const DEFAULT_INVENTORY = 'inventory/';

/** The inventory sources to use. @throws InputError where there is none */
export async function inventorySources(options: InventoryOptions): Promise<readonly string[]> {
  if (options.inventory !== undefined) return options.inventory;
  if (await stat(DEFAULT_INVENTORY).catch(() => null)) return [DEFAULT_INVENTORY];
  throw inputError('there is no inventory', `give one with -i, or make a folder ${DEFAULT_INVENTORY}`);
}

export interface LoadedPlays {
  readonly plays: readonly Play[];
  /** Plays with errors: looked through for more of them. */
  readonly wrong?: readonly Play[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads playbooks in order.
 * @param extraVars as given with -e, for templates in keywords; what is wrong with them prepare tells
 */
export async function loadPlaybooks(
  files: readonly string[],
  extraVars: readonly string[] = [],
): Promise<LoadedPlays> {
  const names = MODULES.map((module) => module.name);
  const { vars } = await loadExtraVars(extraVars);
  const loaded = [];
  for (const file of files) loaded.push(await loadPlaybook(file, names, vars));
  return {
    plays: loaded.flatMap((one) => one.plays),
    wrong: loaded.flatMap((one) => one.wrong),
    diagnostics: loaded.flatMap((one) => one.diagnostics),
  };
}

/**
 * Loads and resolves everything that the files and the command line say.
 * @param loaded plays from playbooks, or made by a command
 * @throws InputError with all that is wrong; no host has been contacted then
 */
export async function prepare(
  loaded: LoadedPlays,
  sources: readonly string[],
  options: InventoryOptions & RunningOptions & TagOptions,
): Promise<Prepared> {
  const vault = await vaultOf(options);
  const { inventory, varDirs, diagnostics: found } = await loadInventory(sources, vault);
  const extra = await loadExtraVars(options.extraVars ?? [], vault);
  if (loaded.plays.some((play) => holdsEncrypted(play.vars))) await vault.unlock();
  const throwErrors = (all: readonly Diagnostic[]): void => {
    if (hasErrors(all)) throw new InputError(vault.redact(all));
  };
  const tagged = selectTags(loaded.plays, tagSelection(options));
  const plays = [...tagged.plays, ...(loaded.wrong ?? [])];
  const ofTags = hasErrors(loaded.diagnostics) ? [] : tagged.diagnostics;
  const diagnostics: Diagnostic[] = [...loaded.diagnostics, ...found, ...extra.diagnostics, ...ofTags];
  const limits = await Promise.all((options.limit ?? []).map((limit) => selectLimit(inventory, limit)));
  const selected = selectPlays(plays, inventory, limits);
  // Patterns say nothing of worth about an inventory that could not be read.
  if (!hasErrors(found)) diagnostics.push(...selected.diagnostics);
  const varsOf = new Map<string, HostVars>();
  const varDirsOf = new Map<string, readonly DirVars[]>();
  for (const dir of new Set(plays.map(playbookDir))) {
    const beside = await loadVarDirs(dir === '' ? [] : [dir], inventory, { known: varDirs, vault });
    diagnostics.push(...beside.diagnostics);
    varDirsOf.set(dir, [...varDirs, ...beside.dirs]);
    varsOf.set(
      dir,
      createHostVars(inventory, {
        inventoryDirs: varDirs,
        playbookDirs: beside.dirs,
        open: vault.open,
      }),
    );
  }
  const hostsOf = (play: Play) => selected.hosts.get(play) ?? [];
  const varsWith = (playVars: (host: string, play: Play) => Vars) => (host: string, play: Play) =>
    withDefaults(
      play,
      varsOf.get(playbookDir(play))?.(host, { playVars: playVars(host, play), extraVars: extra.vars }) ?? {},
    );
  const readVars = (path: string) => loadYaml(path, 'file of variables', vault);
  const files = await loadVarsFiles(
    plays,
    hostsOf,
    varsWith((_, play) => play.vars),
    readVars,
  );
  diagnostics.push(...files.diagnostics);
  const input = {
    plays,
    hostsOf,
    varsOf: varsWith(files.playVarsOf),
    connection: connectionOptions(options),
    inventory,
    seed: options.seed ?? randomInt(1, 2 ** 31),
  };
  // With errors so far all others are looked for as well, but nobody is asked anything more.
  const wrong = hasErrors(diagnostics);
  const unread = hasErrors(diagnostics.filter((one) => !loaded.diagnostics.includes(one)));
  const compiled = wrong
    ? withoutFollowing(compile(input), unread)
    : await compileWithSshConfig(await withSecrets(input, options));
  if (plays.some((play) => play.order === 'shuffle')) diagnostics.push(shuffled(input.seed));
  diagnostics.push(...compiled.diagnostics, ...vault.problems());
  throwErrors(diagnostics);
  return {
    plays: compiled.plays,
    warnings: vault.redact(diagnostics),
    inventory: sources,
    layersOf: (host, play) =>
      varLayers(
        inventory,
        varDirsOf.get(playbookDir(play)) ?? varDirs,
        host,
        { ...play, vars: files.playVarsOf(host, play) },
        extra.vars,
      ),
  };
}

/** The same, and prints its warnings. */
export async function prepareAloud(...input: Parameters<typeof prepare>): Promise<Prepared> {
  const prepared = await prepare(...input);
  await printDiagnostics(prepared.warnings);
  return prepared;
}

/** What is not there may be in what could not be read: that is not told. */
function withoutFollowing({ plays, diagnostics }: Compiled, unread: boolean): Compiled {
  return { plays, diagnostics: diagnostics.filter((one) => !unread || one.missing !== true) };
}

function shuffled(seed: number): Diagnostic {
  return {
    severity: 'warning',
    message: `hosts are taken in a random order, by the seed ${seed}`,
    hint: `--seed ${seed} gives the same order again`,
  };
}

async function withSecrets(input: CompileInput, options: RunningOptions): Promise<CompileInput> {
  const { password, become } = await askSecrets(options);
  return { ...input, become, connection: { ...input.connection, password } };
}

/** Compiles with what OpenSSH says about the hosts and the jump hosts on the way to them. */
async function compileWithSshConfig(input: CompileInput): Promise<Compiled> {
  const asker = sshAsker();
  await askWithJumps(asker, sshQuestions(input));
  const connection = { ...input.connection, sshConfigs: asker.configs };
  const { plays, diagnostics } = compile({ ...input, connection });
  if (!asker.missing()) return { plays, diagnostics };
  return { plays, diagnostics: [...diagnostics, NO_OPENSSH] };
}

const NO_OPENSSH: Diagnostic = {
  severity: 'warning',
  message:
    "there is no OpenSSH client that runs here: ssh_config files are not read, and OpenSSH's defaults hold",
};

interface SelectedPlays {
  readonly hosts: ReadonlyMap<Play, readonly string[]>;
  readonly diagnostics: readonly Diagnostic[];
}

/** A run that names no host at all is an error: in CI it would pass for one that found everything in order. */
function selectPlays(
  plays: readonly Play[],
  inventory: Inventory,
  limited: readonly Selection[],
): SelectedPlays {
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

function withDefaults({ defaults }: Play, vars: Vars): Vars {
  return defaults === undefined ? vars : mergeLayers([defaults, vars]);
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
