import { randomInt } from 'node:crypto';
import type { BecomeOptions } from '../connection/become/vars.ts';
import type { Secret } from '../connection/connection.ts';
import type { ConnectionOptions } from '../connection/target/options.ts';
import type { PlayJob } from '../engine/job.ts';
import { type Selection, selectHosts } from '../inventory/pattern.ts';
import { type Diagnostic, hasErrors, InputError, type Place } from '../model/diagnostic.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Play, Task } from '../model/playbook.ts';
import { SERVERS_VARIABLE, toServers } from '../modules/selectors/servers.ts';
import type { CloudConfig } from '../openstack/config.ts';
import { selectTags, type TagSelection } from '../playbook/tags.ts';
import type { Policy } from '../policy/policy.ts';
import type { Settings } from '../settings/read.ts';
import { holdsEncrypted } from '../yaml/encrypted.ts';
import { type CompileInput, compile } from './compile.ts';
import { enforcersOf } from './enforcers.ts';
import { loadExtraVars } from './extra_vars.ts';
import { loadPlayHostVars } from './host_vars.ts';
import { loadInventory } from './inventory.ts';
import { selectLimit } from './limit.ts';
import type { VarLayer } from './origin.ts';
import { type LoadedPlays, loadPlaybooks } from './playbook.ts';
import { loadPolicy, type PolicyOptions } from './policy.ts';
import { magicOfRun, type RunFacts } from './run_facts.ts';
import { selectPlayHosts } from './select.ts';
import { compileWithSshConfig } from './ssh_config.ts';
import { unreadFinder } from './unread_vars.ts';
import type { Vault } from './vault.ts';

/** Playbooks to read, or plays that a command has made. */
export type PlaySource =
  | { readonly playbooks: readonly string[] }
  | {
      readonly made: readonly Play[];
      /** Files beside which policies hold for them, as they do for playbooks. */
      readonly beside?: readonly string[];
      /**
       * Their hosts are those that a file names, some of which the inventory may lack. What is wrong where --limit leaves
       * none of them; null where that is a run without hosts.
       */
      readonly without?: string | null;
    };

export interface PlaybookOptions {
  /** As given with -e. */
  readonly extraVars?: readonly string[] | undefined;
  readonly vault: Vault;
  /** What templates may ask about the run. */
  readonly facts?: RunFacts | undefined;
}

export interface ProjectOptions extends PlaybookOptions {
  /** Inventory sources, in order. */
  readonly inventory: readonly string[];
  /** Patterns; a host that one of them does not name is left out. */
  readonly limit?: readonly string[] | undefined;
  readonly tags: TagSelection;
  /** What time it is, for rules that are over: ms since 1970; the clock's when absent. */
  readonly now?: number | undefined;
  /** For `order: shuffle`; a random one when absent. */
  readonly seed?: number | undefined;
  readonly connection: ConnectionOptions;
  /** Of `ansible.cfg` and the environment. */
  readonly settings?: Pick<Settings, 'vars' | 'anyErrorsFatal'> | undefined;
  /** Called once nothing is wrong with the files. */
  readonly askSecrets: () => Promise<TypedSecrets>;
  /** Of a command that changes something: what may say what it may not change. */
  readonly policy?: PolicyOptions | undefined;
  /** Called while OpenSSH's answers are waited for: time to load what visits will need. */
  readonly whileAsking?: (() => void) | undefined;
  /** Hears of each cloud that takes a while to tell all. */
  readonly cloudSlow?: ((cloud: Pick<CloudConfig, 'name' | 'authUrl'>) => void) | undefined;
}

/** How to become another user on the hosts, and the passwords that a person has typed. */
export interface TypedSecrets {
  /** To log in with. */
  readonly password?: Secret;
  readonly become: BecomeOptions;
}

/** All that files and options say, resolved: nothing in it can fail for what a user wrote. */
export interface Project {
  readonly plays: readonly PlayJob[];
  readonly warnings: readonly Diagnostic[];
  readonly inventory: readonly string[];
  /** Names of all hosts, in the order of the inventory. */
  readonly hosts: readonly string[];
  /** What says what may not be changed; null without one. */
  readonly policy: Policy | null;
  /** The clouds that inventories have asked, as they were reached. */
  readonly clouds: readonly CloudConfig[];
  /** UUIDs of the VMs that a cloud says a host has; null for a host of which no cloud says anything. */
  readonly serversOn: (host: string) => ReadonlySet<string> | null;
  /** The groups of a host. */
  readonly groupsOf: (host: string) => readonly string[];
  /** The hosts that a pattern names, as in a play. */
  readonly hostsOf: (pattern: string, place: Place) => Selection;
  /** What gives a host variables in a play, for explanations. */
  readonly layersOf: (host: string, play: Play) => readonly VarLayer[];
}

/** Reads playbooks alone. @returns warnings @throws InputError with all that is wrong */
export async function checkPlaybooks(
  files: readonly string[],
  { extraVars = [], vault, facts }: PlaybookOptions,
): Promise<readonly Diagnostic[]> {
  const extra = await loadExtraVars(extraVars, vault);
  const { diagnostics } = await loadPlaybooks(files, extra.vars, await magicOfRun(facts));
  return withoutErrors([...extra.diagnostics, ...diagnostics, ...vault.problems()], vault);
}

/**
 * Reads and resolves everything that the files and the options say; each file is read once.
 * @throws InputError with all that is wrong; no host has been contacted then
 */
export async function loadProject(source: PlaySource, options: ProjectOptions): Promise<Project> {
  const { vault, seed = randomInt(1, 2 ** 31), now = Date.now() } = options;
  const extra = await loadExtraVars(options.extraVars ?? [], vault);
  const magicOf = await magicOfRun(options.facts);
  const loaded: LoadedPlays =
    'made' in source
      ? { plays: source.made, wrong: [], diagnostics: [] }
      : withSettings(await loadPlaybooks(source.playbooks, extra.vars, magicOf), options.settings);
  const clouds: CloudConfig[] = [];
  const found = await loadInventory(options.inventory, vault, {
    env: options.facts?.env ?? {},
    asked: (cloud) => clouds.push(cloud),
    slow: options.cloudSlow,
  });
  const { inventory } = found;
  if (loaded.plays.some((play) => holdsEncrypted(play.vars))) await vault.unlock();
  const tagged = selectTags(loaded.plays, options.tags);
  const plays = [...tagged.plays, ...loaded.wrong];
  const limits = await Promise.all((options.limit ?? []).map((limit) => selectLimit(inventory, limit)));
  const selected = selectPlayHosts(plays, inventory, limits, 'made' in source ? source.without : undefined);
  const hostsOf = (play: Play) => selected.hosts.get(play) ?? [];
  const vars = await loadPlayHostVars(plays, hostsOf, found, extra.vars, vault, magicOf);
  const guard =
    options.policy === undefined
      ? { policy: null, diagnostics: [] }
      : await loadPolicy(
          options.policy,
          'playbooks' in source ? source.playbooks : (source.beside ?? []),
          hasErrors(found.diagnostics) ? null : inventory,
        );
  const others: readonly Diagnostic[] = [
    ...found.diagnostics,
    ...extra.diagnostics,
    // What a play with errors has lost, its tags among it, is none of theirs.
    ...(hasErrors(loaded.diagnostics) ? [] : tagged.diagnostics),
    // Patterns say nothing of worth about an inventory that could not be read.
    ...(hasErrors(found.diagnostics) ? [] : selected.diagnostics),
    ...vars.diagnostics,
    ...vault.problems(),
  ];
  const { connection } = options;
  const { limited } = selected;
  const unread = hasErrors(others);
  // What is not there may be in what could not be read, or in what a play with errors has lost.
  const isPartial = (play: Play) => unread || loaded.wrong.includes(play);
  const input: CompileInput = {
    ...{ plays, isPartial, hostsOf, limited, connection, inventory, magicOf, seed, now },
    settings: options.settings?.vars,
    enforcers: enforcersOf(clouds, options.facts?.env ?? {}, vault),
    varsOf: vars.varsOf,
    unread: 'made' in source || loaded.wrong.length > 0 ? undefined : unreadFinder(loaded.plays, extra.vars),
  };
  // With errors so far all others are looked for as well, but nobody is asked anything more.
  const compiled =
    hasErrors([...loaded.diagnostics, ...guard.diagnostics]) || unread
      ? compile(input)
      : await compileWithSshConfig(withSecrets(input, await options.askSecrets()), options.whileAsking);
  const shuffled = plays.some((play) => play.order === 'shuffle') ? [randomOrder(seed)] : [];
  const known = new Set(others);
  const opened = vault.problems().filter((one) => !known.has(one));
  const taken = new Set([...loaded.diagnostics, ...others].filter(isError).map(placeKey));
  const told = compiled.diagnostics.filter(
    (one) =>
      (!hasErrors(opened) || one.missing !== true) &&
      // What a file's own mistake has left of a value is no further one.
      (one.place === undefined || !taken.has(placeKey(one))),
  );
  const diagnostics = [
    ...loaded.diagnostics,
    ...guard.diagnostics,
    ...others,
    ...shuffled,
    ...told,
    ...opened,
  ];
  const warnings = withoutErrors(diagnostics, vault);
  const { hosts } = selectHosts(inventory, 'all');
  return {
    plays: compiled.plays,
    warnings,
    inventory: options.inventory,
    hosts,
    policy: guard.policy,
    clouds,
    ...askedLater(inventory),
    hostsOf: (pattern, place) => selectHosts(inventory, pattern, place),
    layersOf: vars.layersOf,
  };
}

/** What is asked for as long as a command runs, without all else that the inventory has of its hosts. */
function askedLater({ hosts }: Inventory): Pick<Project, 'serversOn' | 'groupsOf'> {
  const groups = new Map([...hosts].map(([name, host]) => [name, host.groups]));
  // Reading a variable may open what is encrypted in it.
  const ofClouds = new Map([...hosts].filter(([, { vars }]) => SERVERS_VARIABLE in vars));
  return {
    serversOn: (host) => serversIn(ofClouds.get(host)?.vars[SERVERS_VARIABLE]),
    groupsOf: (host) => groups.get(host) ?? [],
  };
}

function serversIn(value: unknown): ReadonlySet<string> | null {
  const servers = toServers(value);
  return servers === null ? null : new Set(servers.keys());
}

/** What tasks do about a host that fails, where neither they nor their play say. */
function withSettings(loaded: LoadedPlays, settings: ProjectOptions['settings']): LoadedPlays {
  if (settings?.anyErrorsFatal !== true) return loaded;
  const fatal = (task: Task): Task => ({
    ...task,
    options: { ...task.options, anyErrorsFatal: task.options?.anyErrorsFatal ?? true },
  });
  const plays = loaded.plays.map((play) => ({ ...play, tasks: play.tasks.map(fatal) }));
  return { ...loaded, plays };
}

function withoutErrors(diagnostics: readonly Diagnostic[], vault: Vault): readonly Diagnostic[] {
  const shown = vault.redact(diagnostics);
  if (hasErrors(shown)) throw new InputError(shown);
  return shown;
}

const isError = ({ severity }: Diagnostic): boolean => severity === 'error';

function placeKey({ place }: Diagnostic): string {
  return `${place?.file}\0${place?.line}\0${place?.column}`;
}

function withSecrets(input: CompileInput, { password, become }: TypedSecrets): CompileInput {
  return { ...input, become, connection: { ...input.connection, password } };
}

function randomOrder(seed: number): Diagnostic {
  return {
    severity: 'warning',
    message: `hosts are taken in a random order, by the seed ${seed}`,
    hint: `--seed ${seed} gives the same order again`,
  };
}
