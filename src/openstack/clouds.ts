import { didYouMeanHint } from '../base/suggest.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import { isMap } from '../yaml/merge.ts';
import { keyPlaceOf, placeOf } from '../yaml/places.ts';
import type { CloudConfig, Interface, Login, Named, Service } from './config.ts';

type Json = Readonly<Record<string, unknown>>;
export type Env = Readonly<Record<string, string | undefined>>;

/** A cloud whose certificates are still names of files. */
export interface DeclaredCloud extends Omit<CloudConfig, 'tls'> {
  readonly verify: boolean;
  readonly files: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface ReadCloud {
  /** Null where it is wrong. */
  readonly cloud: DeclaredCloud | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** The name that openstacksdk gives the cloud of `OS_*` variables. */
export const ENV_CLOUD = 'envvars';

/**
 * One cloud of clouds.yaml, with what secure.yaml has of it over it
 * (docs.openstack.org/openstacksdk/latest/user/config/configuration.html).
 * @param clouds the maps below `clouds:` of both files; their places tell where a mistake is
 */
export function readCloud(name: string, clouds: Json, secure: Json, place?: Place): ReadCloud {
  const at = keyPlaceOf(clouds, name) ?? keyPlaceOf(secure, name) ?? place;
  const [own, hidden] = [clouds[name], secure[name]];
  if (own === undefined && hidden === undefined) {
    const message = `the cloud "${name}" is not in clouds.yaml`;
    const hint = didYouMeanHint(name, Object.keys(clouds)) ?? has(Object.keys(clouds));
    return failed({ severity: 'error', message, hint, place });
  }
  if (!isMap(own ?? {}) || !isMap(hidden ?? {}))
    return failed({ severity: 'error', message: `the cloud "${name}" must be a map`, place: at });
  const [first, second] = [(own ?? {}) as Json, (hidden ?? {}) as Json];
  const [auth, secretAuth] = [mapIn(first.auth), mapIn(second.auth)];
  return toCloud(
    name,
    { ...first, ...second },
    { ...auth, ...secretAuth },
    (key) =>
      placeOf(secretAuth, key) ?? placeOf(auth, key) ?? placeOf(second, key) ?? placeOf(first, key) ?? at,
  );
}

/** The cloud that `OS_*` variables describe; null where none of them does. */
export function cloudOfEnv(env: Env): ReadCloud | null {
  const known = Object.entries(env).filter(
    ([name, value]) => name.startsWith('OS_') && value !== undefined && value !== '',
  );
  const all = Object.fromEntries(known.map(([name, value]) => [name.slice(3).toLowerCase(), value]));
  if (all.auth_url === undefined) return null;
  const insecure = /^(?:1|true|yes|on)$/i.test(String(all.insecure ?? ''));
  return toCloud(ENV_CLOUD, insecure ? { ...all, verify: false } : all, all, () => undefined, 'OS_');
}

/** Names as people know them: `auth_url`, or `OS_AUTH_URL` in the environment. */
type PlaceOfKey = (key: string) => Place | undefined;

const INTERFACES: readonly Interface[] = ['public', 'internal', 'admin'];

function toCloud(name: string, cloud: Json, auth: Json, at: PlaceOfKey, prefix = ''): ReadCloud {
  const diagnostics: Diagnostic[] = [];
  const say = (key: string) => (prefix === '' ? key : `${prefix}${key.toUpperCase()}`);
  const fail = (key: string, message: string, hint?: string) => {
    diagnostics.push({ severity: 'error', message: `cloud "${name}": ${message}`, hint, place: at(key) });
  };
  const text = (key: string, from: Json = auth): string | undefined => {
    const value = from[key];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    fail(key, `${say(key)} must be a text`);
    return undefined;
  };
  for (const key of ['profile', 'vendor_hook'])
    if (cloud[key] !== undefined && prefix === '')
      fail(key, `"${key}" is not read by virtune`, 'write what it stands for below the cloud itself');
  const authUrl = text('auth_url');
  if (authUrl === undefined) fail('auth', `${say('auth_url')} is missing: the address of Keystone`);
  else if (!/^https?:\/\//.test(authUrl) || !URL.canParse(authUrl))
    fail('auth_url', `${say('auth_url')} must be an address such as https://keystone.example.net:5000/v3`);
  const login = readLogin(text, fail, text('auth_type', cloud), say);
  const side = (text('interface', cloud) ?? text('endpoint_type', cloud) ?? 'public').replace(/URL$/, '');
  if (!INTERFACES.includes(side as Interface))
    fail('interface', `${say('interface')} must be public, internal or admin`);
  const regions = regionNames(cloud);
  if (regions === null) fail('regions', '"regions" must be a list of names');
  const verify = cloud.verify ?? true;
  if (typeof verify !== 'boolean') fail('verify', '"verify" must be true or false');
  const files = {
    ...optional('ca', text('cacert', cloud)),
    ...optional('cert', text('cert', cloud)),
    ...optional('key', text('key', cloud)),
  };
  const endpoints = {
    ...optional('compute', text('compute_endpoint_override', cloud)),
    ...optional('network', text('network_endpoint_override', cloud)),
  } satisfies Partial<Record<Service, string>>;
  for (const [service, url] of Object.entries(endpoints))
    if (!URL.canParse(url))
      fail(`${service}_endpoint_override`, `${say(`${service}_endpoint_override`)} must be an address`);
  if (diagnostics.length > 0 || authUrl === undefined || login === null) return { cloud: null, diagnostics };
  const place = at('');
  return {
    cloud: {
      ...{ name, authUrl: versionThree(authUrl), login, regions: regions ?? [], verify: verify === true },
      ...{ interface: side as Interface, files, endpoints },
      ...(place === undefined ? {} : { place }),
    },
    diagnostics,
  };
}

/** Keystone's address is given with and without its version. */
function versionThree(url: string): string {
  const base = url.replace(/\/+$/, '').replace(/\/v2\.0$/, '');
  return base.endsWith('/v3') ? base : `${base}/v3`;
}

/** `region_name` is meant where both are there. */
function regionNames({ region_name: one, regions }: Json): readonly string[] | null {
  if (typeof one === 'string' && one !== '') return [one];
  if (regions === undefined || regions === null) return [];
  if (!Array.isArray(regions)) return null;
  const names = regions.map((region: unknown) => (isMap(region) ? region.name : region));
  return names.every((name) => typeof name === 'string') ? (names as string[]) : null;
}

const PASSWORD = ['password', 'v3password'];
const CREDENTIAL = ['v3applicationcredential', 'application_credential'];
const TOKEN = ['token', 'v3token', 'admin_token'];

function readLogin(
  text: (key: string) => string | undefined,
  fail: (key: string, message: string, hint?: string) => void,
  type: string | undefined,
  say: (key: string) => string,
): Login | null {
  const kind =
    type ?? (text('application_credential_secret') === undefined ? 'password' : (CREDENTIAL[0] ?? ''));
  const missing = (key: string) => {
    fail('auth', `${say(key)} is missing`);
    return null;
  };
  const named = (what: 'user' | 'project'): Named | null => {
    const id = text(`${what}_id`) ?? (what === 'project' ? text('tenant_id') : undefined);
    if (id !== undefined) return { id };
    const name = what === 'user' ? text('username') : (text('project_name') ?? text('tenant_name'));
    return name === undefined ? null : { name, domain: domainOf(text, what) };
  };
  if (text('system_scope') !== undefined) {
    const hint = 'name a project, such as the one of the admins';
    fail('system_scope', `${say('system_scope')}: Nova tells a token of that scope of no servers`, hint);
    return null;
  }
  if (PASSWORD.includes(kind)) {
    const user = named('user');
    if (user === null) return missing('username');
    const password = text('password');
    if (password === undefined) return missing('password');
    return { kind: 'password', user, password, project: named('project') };
  }
  if (CREDENTIAL.includes(kind)) {
    const secret = text('application_credential_secret');
    if (secret === undefined) return missing('application_credential_secret');
    const id = text('application_credential_id');
    if (id !== undefined) return { kind: 'application_credential', credential: { id }, secret };
    const name = text('application_credential_name');
    if (name === undefined) return missing('application_credential_id');
    const user = named('user');
    return user === null
      ? missing('username')
      : { kind: 'application_credential', credential: { name, user }, secret };
  }
  if (TOKEN.includes(kind)) {
    const token = text('token');
    return token === undefined ? missing('token') : { kind: 'token', token, project: named('project') };
  }
  const hint = 'virtune logs in by password, v3applicationcredential or v3token';
  fail('auth_type', `${say('auth_type')} "${kind}" is not supported`, hint);
  return null;
}

/** Of a user or a project that is named; `default` is the domain that every Keystone has. */
function domainOf(
  text: (key: string) => string | undefined,
  what: 'user' | 'project',
): { readonly id: string } | { readonly name: string } {
  const id = text(`${what}_domain_id`);
  if (id !== undefined) return { id };
  const name = text(`${what}_domain_name`);
  if (name !== undefined) return { name };
  return { id: text('default_domain_id') ?? text('default_domain') ?? 'default' };
}

function mapIn(value: unknown): Json {
  return isMap(value) ? value : {};
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [k in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [k in K]?: string };
}

function has(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `it has ${names.slice(0, 20).join(', ')}`;
}

function failed(diagnostic: Diagnostic): ReadCloud {
  return { cloud: null, diagnostics: [diagnostic] };
}
