import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import { shellQuote } from '../base/quote.ts';
import { type Agent, agentAt } from './agent.ts';
import { ConnectionError, type ConnectionTarget } from './connection.ts';
import { type KeyFile, readKeyFile } from './key_files.ts';
import { hostPort } from './ssh_errors.ts';

/** One way to log in, and its name in messages. */
interface Login {
  readonly label: string;
  readonly method: AnyAuthMethod;
}

/** The logins to try, in OpenSSH's order, and what was left out and why. */
export interface Logins {
  readonly next: () => Promise<Login | null>;
  /** Labels of what was tried and what was skipped, for the message when nothing worked. */
  readonly story: readonly string[];
  /** Adds to the story. */
  readonly note: (event: string) => void;
}

/**
 * Prepares the logins of a target: the key file it names, alone; else the agent's keys, then the default files.
 * @throws ConnectionError `key_file` at once when the named file is missing or unusable; `next` throws it when
 * that file is encrypted and the agent doesn't hold its key
 */
export function prepareLogins(target: ConnectionTarget): Logins {
  const story: string[] = [];
  const named = target.privateKeyFile === undefined ? null : readKeyFile(target.privateKeyFile);
  if (named && (named.kind === 'missing' || named.kind === 'unusable')) throw keyFileError(target, named);
  const logins = named ? namedKey(target, named) : usualKeys(target, story);
  return {
    story,
    note: (event) => story.push(event),
    next: async () => {
      const { value, done } = await logins.next();
      if (done || !value) return null;
      story.push(value.label);
      return value;
    },
  };
}

/** The error when every login was refused. */
export function authError(
  target: ConnectionTarget,
  story: readonly string[],
  accepted: readonly string[],
  partial: boolean,
): ConnectionError {
  const tried = story.length > 0 ? `tried ${story.join(', ')}` : 'there was no key to try';
  const methods = accepted.length > 0 ? `; it accepts ${accepted.join(', ')}` : '';
  const more = partial ? '; the key was right, but it asks for more than a key' : '';
  const port = target.port === 22 ? '' : `-p ${target.port} `;
  return new ConnectionError(
    'auth',
    `${target.host} (${hostPort(target)}) refused the login as ${target.user}: ${tried}${methods}${more}`,
    accepted.length > 0 && !accepted.includes('publickey')
      ? 'virtune logs in with keys only: allow PubkeyAuthentication in its sshd_config'
      : `try: ssh ${port}${shellQuote(`${target.user}@${target.address}`)} true; set ansible_user and ansible_ssh_private_key_file, ` +
          'or add the key with ssh-copy-id',
  );
}

async function* namedKey(target: ConnectionTarget, file: KeyFile): AsyncGenerator<Login> {
  if (file.kind === 'key') yield keyLogin(target, file.path, file.key);
  if (file.kind !== 'encrypted') return;
  const agent = target.agentSocket ? await agentAt(target.agentSocket) : null;
  const held = agent?.keys.find(
    (key) => file.publicKey !== null && key.getPublicSSH().equals(file.publicKey),
  );
  if (!agent || !held) throw keyFileError(target, file);
  yield agentLogin(target, agent, [held], `key ${file.path} in ssh-agent`);
}

async function* usualKeys(target: ConnectionTarget, story: string[]): AsyncGenerator<Login> {
  const agent = target.agentSocket ? await agentAt(target.agentSocket) : null;
  const held = agent?.keys ?? [];
  if (target.agentSocket && !agent) story.push('ssh-agent (does not answer)');
  else if (agent && held.length === 0) story.push('ssh-agent (holds no usable key)');
  if (agent && held.length > 0) {
    yield agentLogin(
      target,
      agent,
      held,
      `ssh-agent (${held.length === 1 ? '1 key' : `${held.length} keys`})`,
    );
  }
  let any = held.length > 0;
  for (const path of target.defaultKeyFiles ?? []) {
    const file = readKeyFile(path);
    if (file.kind === 'key') {
      // A second offer of a refused key would only use up the server's MaxAuthTries.
      if (held.some((key) => key.getPublicSSH().equals(file.publicKey))) continue;
      any = true;
      yield keyLogin(target, path, file.key);
    } else if (file.kind === 'encrypted') story.push(`${path} (skipped: it has a passphrase, use ssh-add)`);
    else if (file.kind === 'unusable') story.push(`${path} (skipped: it ${file.reason})`);
  }
  // With nothing to offer, "none" still tells what the server would accept, for the message.
  if (!any) yield { label: 'no key', method: { type: 'none', username: target.user } };
}

function keyLogin(target: ConnectionTarget, path: string, key: ParsedKey): Login {
  return { label: `key ${path}`, method: { type: 'publickey', username: target.user, key } };
}

function agentLogin(
  target: ConnectionTarget,
  agent: Agent,
  keys: readonly ParsedKey[],
  label: string,
): Login {
  return { label, method: { type: 'agent', username: target.user, agent: agent.offering(keys) } };
}

function keyFileError(target: ConnectionTarget, file: Exclude<KeyFile, { kind: 'key' }>): ConnectionError {
  const [problem, hint] = {
    missing: () => ['does not exist', 'check ansible_ssh_private_key_file or --private-key'] as const,
    unusable: () => (file.kind === 'unusable' ? ([file.reason, file.hint] as const) : (['', ''] as const)),
    encrypted: () =>
      ['has a passphrase, and ssh-agent does not hold it', `run: ssh-add ${file.path}`] as const,
  }[file.kind]();
  return new ConnectionError('key_file', `${target.host}: the private key ${file.path} ${problem}`, hint);
}
