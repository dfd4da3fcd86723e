import ssh2, { type AnyAuthMethod, type ParsedKey } from 'ssh2';
import type { ConnectionTarget } from '../connection.ts';
import { type Agent, agentAt, lazyAgent } from '../keys/agent.ts';
import { keyFileError } from '../keys/key_errors.ts';
import { type KeyFile, readKeyFile } from '../keys/key_files.ts';
import { type Clock, openKeyFile } from '../keys/passphrases.ts';
import type { Shared } from '../shared.ts';

/** One way to log in, and its name in messages. */
export interface Login {
  readonly label: string;
  readonly method: AnyAuthMethod;
}

/**
 * The keys of a target, in OpenSSH's order, except that the key that was named comes first: the agent's keys that
 * are in the configuration, its other keys, the files that the agent does not hold.
 */
export async function* keyLogins(
  shared: Shared,
  target: ConnectionTarget,
  story: string[],
  clock: () => Clock,
): AsyncGenerator<Login> {
  const agent = target.agentSocket ? await agentAt(shared, target.agentSocket) : null;
  const held = agent?.keys ?? [];
  const named = target.privateKeyFile === undefined ? null : readKeyFile(shared, target.privateKeyFile);
  const files = (target.identityFiles ?? [])
    .filter((path) => path !== named?.path)
    .map((path) => readKeyFile(shared, path));
  const offered: ParsedKey[] = [];
  if (named !== null) {
    const login =
      heldLogin(target, agent, named, offered) ?? (await fileLogin(shared, target, named, story, clock));
    if (login === null) throw keyFileError(target.host, named, target.passphrase !== undefined);
    yield login;
  }
  if (target.agentSocket && !agent) story.push('ssh-agent (does not answer)');
  else if (agent && held.length === 0) story.push('ssh-agent (holds no usable key)');
  const wanted = held.filter((key) => files.some((file) => isKey(file, key)));
  const others = target.identitiesOnly ? [] : held.filter((key) => !wanted.includes(key));
  const left = [...wanted, ...others].filter(
    (key) => !offered.includes(key) && !(named && isKey(named, key)),
  );
  if (agent && left.length > 0) {
    offered.push(...left);
    const label = `ssh-agent (${left.length === 1 ? '1 key' : `${left.length} keys`})`;
    yield agentLogin(target, agent, left, label);
  }
  for (const file of files) {
    // A second offer of a refused key would only use up the server's MaxAuthTries.
    if (offered.some((key) => isKey(file, key))) continue;
    const login = await fileLogin(shared, target, file, story, clock);
    if (login !== null) yield login;
  }
}

function heldLogin(
  target: ConnectionTarget,
  agent: Agent | null,
  file: KeyFile,
  offered: ParsedKey[],
): Login | null {
  // A file that opens by itself is quicker than an agent.
  const key = file.kind === 'encrypted' ? agent?.keys.find((each) => isKey(file, each)) : undefined;
  if (!agent || !key) return null;
  offered.push(key);
  return agentLogin(target, agent, [key], `key ${file.path} in ssh-agent`);
}

async function fileLogin(
  shared: Shared,
  target: ConnectionTarget,
  file: KeyFile,
  story: string[],
  clock: () => Clock,
): Promise<Login | null> {
  const { user: username } = target;
  const label = `key ${file.path}`;
  if (file.kind === 'key') return { label, method: { type: 'publickey', username, key: file.key } };
  if (file.kind === 'unusable') story.push(`${file.path} (skipped: it ${file.reason})`);
  if (file.kind !== 'encrypted') return null;
  const open = () => openKeyFile(shared, file.path, target.passphrase, clock());
  const shown = file.publicKey === null ? null : publicKey(file.publicKey);
  // As ssh does: where its public half is known, the key is opened only once the server has accepted it.
  if (shown !== null && file.path !== target.privateKeyFile) {
    const agent = lazyAgent(shown, async () => {
      const opened = await open();
      if (opened === null) story.push(`${file.path} (skipped: it has a passphrase, use ssh-add)`);
      return opened?.key ?? null;
    });
    return { label, method: { type: 'agent', username, agent } };
  }
  const opened = await open();
  if (opened !== null) return { label, method: { type: 'publickey', username, key: opened.key } };
  story.push(`${file.path} (skipped: it has a passphrase, use ssh-add)`);
  return null;
}

function publicKey(blob: Buffer): ParsedKey | null {
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(blob);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  return key === undefined || key instanceof Error ? null : key;
}

function isKey(file: KeyFile, key: ParsedKey): boolean {
  return 'publicKey' in file && file.publicKey !== null && key.getPublicSSH().equals(file.publicKey);
}

function agentLogin(
  target: ConnectionTarget,
  agent: Agent,
  keys: readonly ParsedKey[],
  label: string,
): Login {
  return { label, method: { type: 'agent', username: target.user, agent: agent.offering(keys) } };
}
