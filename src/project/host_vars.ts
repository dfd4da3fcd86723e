import { dirname } from 'node:path';
import { createHostVars, type DirVars, type HostVars } from '../inventory/vars.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import type { Play } from '../model/playbook.ts';
import type { Magic } from '../template/state.ts';
import { mergeLayers } from '../yaml/merge.ts';
import { ALL_VARS } from '../yaml/refused.ts';
import type { LoadedInventory } from './inventory.ts';
import { type VarLayer, varLayers } from './origin.ts';
import { loadVarDirs } from './var_dirs.ts';
import { loadVarsFiles } from './vars_files.ts';
import type { Vault } from './vault.ts';
import { loadYaml } from './yaml_file.ts';

export interface PlayHostVars {
  /** All variables that hold for a host in a play. */
  readonly varsOf: (host: string, play: Play) => Vars;
  /** What gives a host variables in a play, for explanations. */
  readonly layersOf: (host: string, play: Play) => readonly VarLayer[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the folders of variables beside the playbooks and the `vars_files` of plays, and puts all layers together. */
export async function loadPlayHostVars(
  plays: readonly Play[],
  hostsOf: (play: Play) => readonly string[],
  { inventory, varDirs }: LoadedInventory,
  extraVars: Vars,
  vault: Vault,
  magicOf: (playbook: string) => Magic,
): Promise<PlayHostVars> {
  const diagnostics: Diagnostic[] = [];
  const beside = new Map<string, { readonly dirs: readonly DirVars[]; readonly varsOf: HostVars }>();
  for (const dir of new Set(plays.map(playbookDir))) {
    const { dirs, diagnostics: found } = await loadVarDirs(dir === '' ? [] : [dir], inventory, {
      known: varDirs,
      vault,
    });
    diagnostics.push(...found);
    const sources = { inventoryDirs: varDirs, playbookDirs: dirs, open: vault.open };
    beside.set(dir, { dirs, varsOf: createHostVars(inventory, sources) });
  }
  const varsWith = (playVars: (host: string, play: Play) => Vars) => (host: string, play: Play) =>
    withDefaults(
      play,
      beside.get(playbookDir(play))?.varsOf(host, { playVars: playVars(host, play), extraVars }) ?? {},
    );
  const files = await loadVarsFiles(
    plays,
    hostsOf,
    varsWith((_, play) => play.vars),
    (path) => loadYaml(path, 'file of variables', { vault, varsIn: ALL_VARS }),
    magicOf,
  );
  diagnostics.push(...files.diagnostics);
  return {
    varsOf: varsWith(files.playVarsOf),
    layersOf: (host, play) => {
      const dirs = [...varDirs, ...(beside.get(playbookDir(play))?.dirs ?? [])];
      return varLayers(inventory, dirs, host, { ...play, vars: files.playVarsOf(host, play) }, extraVars);
    },
    diagnostics,
  };
}

function withDefaults({ defaults }: Play, vars: Vars): Vars {
  return defaults === undefined ? vars : mergeLayers([defaults, vars]);
}

function playbookDir(play: Play): string {
  return play.file === '' ? '' : dirname(play.file);
}
