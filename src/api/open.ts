import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { plural } from '../base/text.ts';
import { type Diagnostic, InputError, inputError } from '../model/diagnostic.ts';
import type { BoundWaiver } from '../model/waiver.ts';
import { loadProject, type PlaySource, type ProjectOptions, type TypedSecrets } from '../project/project.ts';
import type { RunFacts } from '../project/run_facts.ts';
import { createVault, type Vault } from '../project/vault.ts';
import { parseVaultSource } from '../project/vault_passwords.ts';
import { bindWaivers, loadWaivers } from '../project/waivers.ts';
import { expiredOf } from '../report/waivers.ts';
import { localHome, localUser } from './local_user.ts';
import { type ShardedProject, shardOf } from './shard.ts';
import type { ProjectInput } from './types.ts';

/** So many hosts at once, where nothing else is said: a host costs this side some milliseconds. */
export const DEFAULT_FORKS = 50;

/** A project with all that a run needs of it. */
export interface OpenedProject extends ShardedProject {
  /** Empty where a command has made the plays. */
  readonly playbooks: readonly string[];
  /** What is worth knowing of the files and no mistake. */
  readonly notes: readonly Diagnostic[];
  /** Of the file that `waivers` of the input names. */
  readonly waivers?: readonly BoundWaiver[];
  /** What time it is taken to be, where that was said. */
  readonly now?: Date;
}

/** What the command line knows beside what programs give. */
export interface OpenInput extends Omit<ProjectInput, 'playbooks'> {
  readonly source: PlaySource;
  /** What templates are told of the run beside what the rest says. */
  readonly facts?: Partial<RunFacts> | undefined;
  readonly vault?: Vault | undefined;
  readonly settings?: ProjectOptions['settings'];
  /** No policy has a say: it changes nothing of anybody’s. */
  readonly unguarded?: boolean | undefined;
  readonly askSecrets?: (() => Promise<TypedSecrets>) | undefined;
  readonly whileAsking?: (() => void) | undefined;
  readonly cloudSlow?: ProjectOptions['cloudSlow'];
}

/**
 * Reads and resolves everything that files say.
 * @throws InputError with all that is wrong
 */
export async function openProject(input: ProjectInput | OpenInput): Promise<OpenedProject> {
  const { env = {}, connection = {}, strict = false } = input;
  const { source = { playbooks: 'playbooks' in input ? input.playbooks : [] }, ...more }: Partial<OpenInput> =
    input;
  const whole = await loadProject(source, {
    inventory: input.inventory,
    facts: { ...factsOf(input), ...more.facts },
    limit: input.limit,
    extraVars: extraVarsOf(input),
    tags: { only: input.tags ?? [], skip: input.skipTags ?? [] },
    seed: input.seed,
    now: input.now?.getTime(),
    vault: more.vault ?? (await vaultOf(input)),
    connection: {
      user: connection.user,
      privateKeyFile: connection.privateKeyFile,
      timeoutSeconds: connection.timeoutSeconds,
      hostTimeoutSeconds: connection.hostTimeoutSeconds,
      knownHostsFile: connection.knownHostsFile,
      acceptNewHostKeys: connection.acceptNewHostKeys,
      localUser: localUser(env),
      home: localHome(env),
      local: { uid: process.getuid?.() ?? -1, hostName: hostname(), env },
      agentSocket: env.SSH_AUTH_SOCK,
    },
    askSecrets: more.askSecrets ?? (async () => secretsOf(input)),
    settings: more.settings,
    policy: more.unguarded ? undefined : { file: input.policy, env: env.VIRTUNE_POLICY },
    whileAsking: more.whileAsking,
    cloudSlow: more.cloudSlow,
  });
  const project: ShardedProject = input.shard === undefined ? whole : shardOf(whole, input.shard, env);
  const playbooks = 'playbooks' in source ? source.playbooks : [];
  const isNote = ({ severity }: Diagnostic): boolean => severity === 'note';
  const waived = await waiversOf(input, project);
  const warnings = [...project.warnings.filter((one) => !isNote(one)), ...(waived?.warnings ?? [])];
  const told = [...warnings, ...(waived?.expired ?? [])];
  if (strict) refuseWarnings(told, told);
  return {
    ...project,
    ...(waived === null ? {} : { waivers: waived.waivers }),
    playbooks,
    warnings,
    notes: project.warnings.filter(isNote),
    ...(input.now === undefined ? {} : { now: input.now }),
  };
}

/** Those of the input; null where it names no file. @throws InputError with all that is wrong with the file */
async function waiversOf({ waivers: file, now }: ProjectInput | OpenInput, project: ShardedProject) {
  if (file === undefined) return null;
  const bound = bindWaivers(await loadWaivers(file), project);
  return { ...bound, expired: expiredOf(bound.waivers, now?.getTime() ?? Date.now()) };
}

/**
 * @param told what else the error says: warnings that nobody has been told yet
 * @throws InputError where there are warnings
 */
export function refuseWarnings(warnings: readonly Diagnostic[], told: readonly Diagnostic[] = []): void {
  const count = warnings.length;
  if (count === 0) return;
  const { diagnostics } = inputError(
    `${plural(count, 'warning')}, which --strict counts as ${count === 1 ? 'an error' : 'errors'}`,
  );
  throw new InputError([...told, ...diagnostics]);
}

/** What templates are told of the run. */
export function factsOf(input: Omit<OpenInput, 'source'>): RunFacts {
  const { inventory, env = {}, check, limit, tags, skipTags } = input;
  return {
    checkMode: check ?? false,
    diffMode: false,
    forks: DEFAULT_FORKS,
    verbosity: 0,
    limit: limit?.join(','),
    tags: tags ?? [],
    skipTags: skipTags ?? [],
    inventorySources: inventory.map((source) => (source.includes(',') ? source : resolve(source))),
    env,
  };
}

function extraVarsOf({ extraVars = [] }: ProjectInput | OpenInput): readonly string[] {
  return isList(extraVars) ? extraVars : [JSON.stringify(extraVars)];
}

function isList(value: object): value is readonly string[] {
  return Array.isArray(value);
}

async function vaultOf({ vaultPasswordFiles = [] }: ProjectInput | OpenInput): Promise<Vault> {
  return createVault(await Promise.all(vaultPasswordFiles.map(parseVaultSource)), async (what) => {
    throw inputError(`nobody is asked for the ${what}`, 'name a file that has it');
  });
}

function secretsOf({ connection = {}, become = {} }: ProjectInput | OpenInput): TypedSecrets {
  const secret = (text: string | undefined) => (text === undefined ? {} : { password: () => text });
  const { password, ...how } = become;
  return { ...secret(connection.password), become: { ...how, ...secret(password) } };
}
