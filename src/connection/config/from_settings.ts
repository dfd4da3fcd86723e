import type { ConnectionTarget } from '../connection.ts';
import { supportedAlgorithms } from './algorithms.ts';
import { opensshReasons } from './openssh_reasons.ts';
import {
  explicitList,
  type SshQuestion,
  type SshSettings,
  setting,
  settingList,
  settingNumber,
  settingTrue,
} from './settings.ts';
import { type Expanded, expandPath, expandTokens, type LocalNames, type TokenValues } from './tokens.ts';

/** Says what can't be honoured; the same text for many hosts is one message. */
export type Tell = (severity: 'error' | 'warning', message: string, hint?: string) => void;

/** What is the same for all hosts, from the command line and the environment. */
export interface Defaults {
  readonly local: LocalNames;
  /** SSH_AUTH_SOCK. */
  readonly agentSocket?: string | undefined;
}

const DEFAULT_KEYS = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];
const USER_KNOWN_HOSTS = '~/.ssh/known_hosts ~/.ssh/known_hosts2';
const GLOBAL_KNOWN_HOSTS = '/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2';
const CONNECT_TIMEOUT_MS = 20_000;
const METHODS = ['publickey', 'keyboard-interactive', 'password'];

/**
 * Turns the settings of OpenSSH for a host into a target. Pure.
 * @param settings null without an OpenSSH client: its built-in defaults hold
 */
export function targetOfSettings(
  label: string,
  question: SshQuestion,
  settings: SshSettings | null,
  { local, agentSocket }: Defaults,
  tell: Tell,
): Omit<ConnectionTarget, 'idleTimeoutMs' | 'execTimeoutMs'> {
  const address = setting(settings, 'hostname') ?? question.host;
  const port = question.port ?? settingNumber(settings, 'port') ?? 22;
  const user = question.user ?? setting(settings, 'user') ?? local.user;
  const alias = setting(settings, 'hostkeyalias');
  const tokens: TokenValues = {
    hostName: address,
    host: question.host,
    port,
    user,
    hostKeyAlias: alias,
    jump: setting(settings, 'proxyjump') ?? '',
    hash: (setting(settings, 'controlpath') ?? '').replace(/^\//, ''),
    local,
  };
  const expanded = (keyword: string, found: Expanded): string[] => {
    if ('text' in found) return [found.text];
    const what = `${keyword} in ssh_config holds ${found.unknown}, which virtune can't expand`;
    // One key fewer is one key fewer; another way or other trust would lead to another machine.
    if (/^(Identity|Certificate)File$/.test(keyword)) tell('warning', `${what}: it is left out`);
    else tell('error', what);
    return [];
  };
  const paths = (keyword: string, list: readonly string[]): string[] =>
    list.flatMap((path) => expanded(keyword, expandPath(path, tokens)));
  const command = setting(settings, 'proxycommand');
  const strict = settings?.values.get('stricthostkeychecking')?.[0] ?? 'ask';
  const off = ['no', 'off', 'false'].includes(strict);
  if (off)
    tell(
      'warning',
      'StrictHostKeyChecking is off: any machine that answers is trusted',
      'accept-new trusts new hosts only',
    );
  return {
    kind: 'ssh',
    host: label,
    address,
    port,
    user,
    agentSocket: agentOf(settings, agentSocket, local),
    identityFiles: paths(
      'IdentityFile',
      settings === null ? DEFAULT_KEYS : settingList(settings, 'identityfile'),
    ),
    identitiesOnly: settingTrue(settings, 'identitiesonly'),
    certificateFiles: paths('CertificateFile', settingList(settings, 'certificatefile')),
    authMethods: authMethods(settings),
    knownHostsFiles: paths('UserKnownHostsFile', [
      ...userKnownHosts(settings),
      ...files(settings, 'globalknownhostsfile', GLOBAL_KNOWN_HOSTS),
    ]),
    hostKeyAlias: alias,
    acceptNewHostKeys: off || strict === 'accept-new',
    tolerateChangedHostKeys: off,
    hashKnownHosts: settingTrue(settings, 'hashknownhosts'),
    proxyCommand:
      command === undefined ? undefined : expanded('ProxyCommand', expandTokens(command, tokens))[0],
    addressFamily: ({ inet: 4, inet6: 6 } as const)[setting(settings, 'addressfamily') ?? ''],
    bindAddress: setting(settings, 'bindaddress'),
    compress: settingTrue(settings, 'compression'),
    algorithms: algorithms(settings),
    attempts: Math.max(1, settingNumber(settings, 'connectionattempts') ?? 1),
    connectTimeoutMs: seconds(settings, 'connecttimeout') ?? CONNECT_TIMEOUT_MS,
    ...keepalive(settings),
    needsOpenssh: settings === null ? [] : opensshReasons(settings, question.args),
    gssapi: settingTrue(settings, 'gssapiauthentication'),
    sshName: question.host,
  };
}

/** IdentityAgent: none, a socket, or the name of a variable that holds one. */
function agentOf(
  settings: SshSettings | null,
  usual: string | undefined,
  local: LocalNames,
): string | undefined {
  const [agent] = settings?.values.get('identityagent') ?? [];
  if (agent === undefined || agent === 'SSH_AUTH_SOCK') return usual;
  if (agent === 'none') return undefined;
  if (agent.startsWith('$')) return local.env[agent.replace(/^\$\{?/, '').replace(/\}$/, '')];
  return agent.startsWith('~/') ? local.home + agent.slice(1) : agent;
}

/** `ssh -G` prints the files of one setting in a line, in quotes where they hold blanks. */
function files(settings: SshSettings | null, keyword: string, usual: string): readonly string[] {
  const line = settings === null ? usual : (settings.values.get(keyword)?.[0] ?? usual);
  if (line === 'none') return [];
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/** With none a new key is accepted, where it is, and forgotten: never written to the file of the whole machine. */
function userKnownHosts(settings: SshSettings | null): readonly string[] {
  const list = files(settings, 'userknownhostsfile', USER_KNOWN_HOSTS);
  return list.length > 0 ? list : ['/dev/null'];
}

function authMethods(settings: SshSettings | null): readonly string[] {
  const off = (keyword: string): boolean =>
    ['no', 'false'].includes(settings?.values.get(keyword)?.[0] ?? '');
  const wanted = setting(settings, 'preferredauthentications')?.split(',') ?? METHODS;
  const without = new Set<string>();
  if (off('pubkeyauthentication')) without.add('publickey');
  if (off('kbdinteractiveauthentication')) without.add('keyboard-interactive');
  if (off('passwordauthentication')) without.add('password');
  return wanted.filter((method) => METHODS.includes(method) && !without.has(method));
}

function algorithms(settings: SshSettings | null): ConnectionTarget['algorithms'] {
  const pick = (kind: 'kex' | 'cipher' | 'mac' | 'hostKey', keyword: string) => {
    const list = explicitList(settings, keyword);
    return list === undefined ? {} : { [kind]: supportedAlgorithms(kind, list) };
  };
  return {
    ...pick('kex', 'kexalgorithms'),
    ...pick('cipher', 'ciphers'),
    ...pick('mac', 'macs'),
    ...pick('hostKey', 'hostkeyalgorithms'),
  };
}

function keepalive(settings: SshSettings | null): Pick<ConnectionTarget, 'keepaliveMs' | 'keepaliveCount'> {
  const explicit = (keyword: string) =>
    settings?.explicit.has(keyword) ? settingNumber(settings, keyword) : undefined;
  const interval = explicit('serveraliveinterval');
  const count = explicit('serveralivecountmax');
  return {
    ...(interval === undefined ? {} : { keepaliveMs: interval * 1000 }),
    ...(count === undefined ? {} : { keepaliveCount: count }),
  };
}

function seconds(settings: SshSettings | null, keyword: string): number | undefined {
  const number = settingNumber(settings, keyword);
  return number === undefined || number === 0 ? undefined : number * 1000;
}
