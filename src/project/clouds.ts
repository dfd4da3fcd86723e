import { access } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { type Diagnostic, hasErrors, type Place } from '../model/diagnostic.ts';
import { cloudOfEnv, type DeclaredCloud, ENV_CLOUD, type Env, readCloud } from '../openstack/clouds.ts';
import type { CloudConfig } from '../openstack/config.ts';
import { openAll } from '../yaml/encrypted.ts';
import { isMap } from '../yaml/merge.ts';
import { readText } from './files.ts';
import type { Vault } from './vault.ts';
import { loadYaml } from './yaml_file.ts';

export interface CloudsRequest {
  /**
   * Which clouds: by their names; `one`: the one of `OS_CLOUD`, of `OS_*`, or the only one there is, as openstacksdk
   * chooses; `all` that clouds.yaml has.
   */
  readonly names: readonly string[] | 'one' | 'all';
  /** A file in place of those that are looked for. */
  readonly file?: string | undefined;
  readonly env: Env;
  readonly home: string;
  readonly vault?: Vault | undefined;
  /** Where the clouds are asked for. */
  readonly place?: Place | undefined;
}

export interface LoadedClouds {
  readonly clouds: readonly CloudConfig[];
  readonly diagnostics: readonly Diagnostic[];
}

type Json = Readonly<Record<string, unknown>>;

/**
 * How clouds are reached, from clouds.yaml, secure.yaml and `OS_*`, with the texts of their certificates. Does not reject
 * for what the user wrote.
 */
export async function loadClouds(request: CloudsRequest): Promise<LoadedClouds> {
  const { names, env, place } = request;
  const ofEnv = cloudOfEnv(env);
  if (names === 'one' && !env.OS_CLOUD && ofEnv !== null) return finish([ofEnv], dirname('.'));
  const diagnostics: Diagnostic[] = [];
  const file = await cloudsFile(request);
  const clouds = await cloudsIn(file, request, diagnostics);
  const secure = await cloudsIn(await secureFile(request, file), request, diagnostics);
  if (hasErrors(diagnostics)) return { clouds: [], diagnostics };
  const chosen = choose(names, Object.keys(clouds), env, file);
  if (typeof chosen === 'string') {
    const hint = 'name one with OS_CLOUD, or in the inventory with "clouds"';
    const message = chosen;
    return { clouds: [], diagnostics: [{ severity: 'error', message, hint, place }] };
  }
  const read = chosen.map((name) =>
    name === ENV_CLOUD && ofEnv !== null && !Object.hasOwn(clouds, name)
      ? ofEnv
      : readCloud(name, clouds, secure, place),
  );
  return finish(read, file === null ? '.' : dirname(file));
}

function choose(
  names: CloudsRequest['names'],
  there: readonly string[],
  env: Env,
  file: string | null,
): readonly string[] | string {
  if (typeof names !== 'string') return names;
  const nothing = `no cloud is declared: ${file === null ? 'there is no clouds.yaml, and no OS_AUTH_URL' : `${file} has none`}`;
  if (names === 'all') return there.length === 0 ? nothing : there;
  if (env.OS_CLOUD) return [env.OS_CLOUD];
  if (there.length === 0) return nothing;
  return there.length === 1 ? there : `it is not said which cloud is meant: ${there.join(', ')}`;
}

async function finish(
  read: readonly { readonly cloud: DeclaredCloud | null; readonly diagnostics: readonly Diagnostic[] }[],
  folder: string,
): Promise<LoadedClouds> {
  const diagnostics = read.flatMap((one) => one.diagnostics);
  const clouds: CloudConfig[] = [];
  for (const { cloud } of read) {
    if (cloud === null) continue;
    const { files, verify, ...rest } = cloud;
    const tls: Record<string, string> = {};
    for (const [kind, path] of Object.entries(files)) {
      const found = await readText(isAbsolute(path) ? path : join(folder, path), 'certificate file');
      diagnostics.push(...found.diagnostics.map((one) => ({ ...one, place: one.place ?? cloud.place })));
      if (found.text !== null) tls[kind] = found.text;
    }
    clouds.push({ ...rest, tls: { verify, ...tls } });
  }
  return { clouds, diagnostics };
}

const ENDINGS = ['.yaml', '.yml', '.json'];

/** The first that is there, where openstacksdk looks; null without one. One that is named counts, there or not. */
async function cloudsFile({ file, env, home }: CloudsRequest): Promise<string | null> {
  return file ?? (env.OS_CLIENT_CONFIG_FILE || (await firstOf(folders(home), 'clouds')));
}

async function secureFile({ env, home }: CloudsRequest, clouds: string | null): Promise<string | null> {
  if (env.OS_CLIENT_SECURE_FILE) return env.OS_CLIENT_SECURE_FILE;
  return firstOf([...(clouds === null ? [] : [dirname(clouds)]), ...folders(home)], 'secure');
}

function folders(home: string): readonly string[] {
  return ['.', join(home, '.config/openstack'), '/etc/openstack'];
}

async function firstOf(dirs: readonly string[], name: string): Promise<string | null> {
  for (const dir of dirs)
    for (const ending of ENDINGS) {
      const path = join(dir, name + ending);
      if (
        await access(path).then(
          () => true,
          () => false,
        )
      )
        return path;
    }
  return null;
}

async function cloudsIn(
  path: string | null,
  { vault }: CloudsRequest,
  diagnostics: Diagnostic[],
): Promise<Json> {
  if (path === null) return {};
  const what = basename(path).startsWith('secure') ? 'file of secrets' : 'clouds file';
  const loaded = await loadYaml(path, what, { vault });
  diagnostics.push(...loaded.diagnostics);
  if (hasErrors(loaded.diagnostics)) return {};
  const value = vault === undefined ? loaded.value : openAll(loaded.value, vault.open);
  if (isMap(value) && isMap(value.clouds)) return value.clouds;
  const message = `${path} has no map "clouds"`;
  diagnostics.push({ severity: 'error', message, place: { file: path, line: 1, column: 1 } });
  return {};
}
