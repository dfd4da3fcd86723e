import type { JsonWebKey } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { plural } from '../base/text.ts';
import { type Diagnostic, hasErrors, InputError } from '../model/diagnostic.ts';
import type { Inventory } from '../model/inventory.ts';
import type { PolicyCases } from '../policy/cases.ts';
import { unknownIdentities } from '../policy/contradictions.ts';
import { parsePolicy } from '../policy/parse.ts';
import { parseCases } from '../policy/parse_cases.ts';
import type { Issuer, Policy } from '../policy/policy.ts';
import { isMap } from '../yaml/merge.ts';
import { readText } from './files.ts';
import { loadInventory } from './inventory.ts';
import type { CloudAccess } from './openstack_inventory.ts';
import { noteRead } from './reads.ts';
import type { Vault } from './vault.ts';
import { loadYaml } from './yaml_file.ts';

/** The name under which a policy is found where none is named. */
export const POLICY_FILE = 'virtune.policy.yml';

/** Where policies may be. */
export interface PolicyOptions {
  /** As named by an option; else by the environment. */
  readonly file?: string | undefined;
  readonly env?: string | undefined;
}

export interface LoadedPolicy {
  /** Null where there is none, or it is wrong. */
  readonly policy: Policy | null;
  readonly diagnostics: readonly Diagnostic[];
}

const NONE: LoadedPolicy = { policy: null, diagnostics: [] };

/**
 * The policy of a run: the file that an option names, or the environment, or all that are called
 * {@link POLICY_FILE} beside its playbooks and in the working folder, which hold together. One that is named and not
 * there is an error.
 * @param inventory null where it could not be read
 */
export async function loadPolicy(
  { file, env }: PolicyOptions,
  playbooks: readonly string[],
  inventory: Inventory | null,
): Promise<LoadedPolicy> {
  const named = file ?? (env === '' ? undefined : env);
  const files = named === undefined ? await foundBeside(playbooks) : [named];
  if (files.length === 0) return NONE;
  const loaded = await Promise.all(files.map((one) => loadFile(one, inventory)));
  const diagnostics = loaded.flatMap((one) => one.diagnostics);
  const policies = loaded.flatMap(({ policy }) => policy ?? []);
  const issuers = policies.flatMap((policy) => policy.issuers);
  const again = issuers.find((one, index) =>
    issuers.some((other, at) => at < index && other.kind === one.kind),
  );
  if (again !== undefined)
    diagnostics.push({
      severity: 'error',
      message: `two policies say whose ${again.kind} tokens are believed: ${policies.flatMap((one) => one.files).join(', ')}`,
      hint: 'name one policy with --policy',
      place: again.place,
    });
  const rules = policies.flatMap((policy) => policy.rules);
  if (!hasErrors(diagnostics)) diagnostics.push(...unknownIdentities(rules, issuers));
  if (hasErrors(diagnostics)) return { policy: null, diagnostics };
  const policy = { files, rules, issuers };
  return {
    policy,
    diagnostics: [...diagnostics, inForce(policy, file === undefined && named !== undefined)],
  };
}

function inForce({ files, rules }: Policy, byEnvironment: boolean): Diagnostic {
  const by = byEnvironment ? ', named by VIRTUNE_POLICY' : '';
  return {
    severity: 'note',
    message: `the policy ${files.join(' and ')} is in force (${plural(rules.length, 'rule')}${by})`,
  };
}

/** Each once, by whatever way it is found. */
async function foundBeside(playbooks: readonly string[]): Promise<readonly string[]> {
  const paths = [...playbooks.map((playbook) => join(dirname(playbook), POLICY_FILE)), POLICY_FILE];
  const unique = [...new Map(paths.map((path) => [resolve(path), path])).values()];
  unique.forEach(noteRead);
  const there = await Promise.all(unique.map((path) => stat(path).then(() => true, isThere)));
  return unique.filter((_, index) => there[index]);
}

/** What cannot be looked at may be there: reading it says what is wrong. */
function isThere(error: NodeJS.ErrnoException): boolean {
  return error.code !== 'ENOENT' && error.code !== 'ENOTDIR';
}

async function loadFile(file: string, inventory: Inventory | null): Promise<LoadedPolicy> {
  const read = await loadYaml(file, 'policy');
  if (read.value === null && read.diagnostics.length > 0)
    return { policy: null, diagnostics: read.diagnostics };
  const parsed = parsePolicy(read.value, file, inventory);
  const diagnostics = [...read.diagnostics, ...parsed.diagnostics];
  if (parsed.policy === null) return { policy: null, diagnostics };
  const issuers = await Promise.all(parsed.policy.issuers.map((issuer) => withKeys(issuer, dirname(file))));
  for (const one of issuers) diagnostics.push(...one.diagnostics);
  return { policy: { ...parsed.policy, issuers: issuers.map(({ issuer }) => issuer) }, diagnostics };
}

async function withKeys(
  issuer: Issuer,
  folder: string,
): Promise<{ readonly issuer: Issuer; readonly diagnostics: readonly Diagnostic[] }> {
  const path = isAbsolute(issuer.jwks) ? issuer.jwks : join(folder, issuer.jwks);
  const { text, diagnostics } = await readText(path, 'key file');
  const told = diagnostics.map((one) => ({ ...one, place: one.place ?? issuer.place }));
  if (text === null) return { issuer, diagnostics: told };
  const keys = keysIn(text);
  if (keys !== null) return { issuer: { ...issuer, keys }, diagnostics: told };
  const message = `${path} is no JSON Web Key Set: it needs "keys", a list of public keys`;
  return { issuer, diagnostics: [...told, { severity: 'error', message, place: issuer.place }] };
}

function keysIn(text: string): readonly JsonWebKey[] | null {
  try {
    const value: unknown = JSON.parse(text);
    if (!isMap(value) || !Array.isArray(value.keys) || value.keys.length === 0) return null;
    return value.keys.every((key) => isMap(key) && typeof key.kty === 'string')
      ? (value.keys as readonly JsonWebKey[])
      : null;
  } catch {
    return null;
  }
}

/** A file of `virtune policy test`. @throws InputError with all that is wrong in it */
export async function loadCases(file: string): Promise<PolicyCases> {
  const { value, diagnostics } = await loadYaml(file, 'file of cases');
  if (hasErrors(diagnostics)) throw new InputError(diagnostics);
  const parsed = parseCases(value, file);
  if (parsed.cases === null) throw new InputError([...diagnostics, ...parsed.diagnostics]);
  return parsed.cases;
}

/** A policy and the inventory that it is about. @throws InputError with all that is wrong in them */
export async function loadPolicyOf(
  file: string,
  sources: readonly string[],
  vault: Vault,
  clouds: CloudAccess,
): Promise<{ readonly policy: Policy; readonly inventory: Inventory }> {
  const found = await loadInventory(sources, vault, clouds);
  const unread = hasErrors(found.diagnostics);
  const { policy, diagnostics } = await loadPolicy({ file }, [], unread ? null : found.inventory);
  if (policy === null || unread) throw new InputError([...found.diagnostics, ...diagnostics]);
  return { policy, inventory: found.inventory };
}
