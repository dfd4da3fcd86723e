import type { AnyAuthMethod } from 'ssh2';
import { shellQuote } from '../../base/quote.ts';
import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import { keyFileError } from '../keys/key_errors.ts';
import { readKeyFile } from '../keys/key_files.ts';
import type { Clock } from '../keys/passphrases.ts';
import type { Shared } from '../shared.ts';
import { hostPort } from '../ssh_errors.ts';
import { keyLogins, type Login } from './key_logins.ts';

/** The logins to try, in OpenSSH's order, and what was left out and why. */
export interface Logins {
  /** @param accepted what the server would take, empty while that is not known */
  readonly next: (accepted: readonly string[], clock: Clock) => Promise<Login | null>;
  /** Labels of what was tried and what was skipped, for the message when nothing worked. */
  readonly story: readonly string[];
  /** Adds to the story. */
  readonly note: (event: string) => void;
  /** The host is not known to be the right one: it gets no password. */
  readonly withholdPasswords: () => void;
}

const METHODS = ['publickey', 'keyboard-interactive', 'password'];

/**
 * Prepares the logins of a target: keys, keyboard-interactive and the password, in the order of ssh_config.
 * @throws ConnectionError `key_file` at once when the key file that was named is missing or unusable; `next` throws
 * it when that file stays locked
 */
export function prepareLogins(shared: Shared, target: ConnectionTarget): Logins {
  const story: string[] = [];
  const named = target.privateKeyFile === undefined ? null : readKeyFile(shared, target.privateKeyFile);
  if (named && (named.kind === 'missing' || named.kind === 'unusable'))
    throw keyFileError(target.host, named);
  const state = {
    clock: { stop: () => {}, start: () => {} } as Clock,
    accepted: [] as readonly string[],
    safe: true,
    answered: false,
  };
  const logins = allLogins(shared, target, story, state);
  return {
    story,
    note: (event) => story.push(event),
    withholdPasswords: () => {
      state.safe = false;
    },
    next: async (accepted, clock) => {
      Object.assign(state, { accepted, clock });
      for (;;) {
        const { value, done } = await logins.next();
        if (done || !value) return null;
        // Others of a kind that the server does not take are no use.
        if (accepted.length > 0 && !accepted.includes(kindOf(value.method))) continue;
        // Where the interactive login is open still, it was refused: the same password might lock the account.
        const refused = state.answered && accepted.includes('keyboard-interactive');
        if (refused && value.method.type === 'password') continue;
        story.push(value.label);
        return value;
      }
    },
  };
}

interface State {
  readonly clock: Clock;
  readonly accepted: readonly string[];
  readonly safe: boolean;
  /** The password was the answer to a question for a password. */
  answered: boolean;
}

async function* allLogins(
  shared: Shared,
  target: ConnectionTarget,
  story: string[],
  state: State,
): AsyncGenerator<Login> {
  let any = false;
  for (const method of target.authMethods ?? METHODS) {
    const taken = state.accepted.length === 0 || state.accepted.includes(method);
    if (!taken) continue;
    if (method === 'publickey') {
      for await (const login of keyLogins(shared, target, story, () => state.clock)) {
        any = true;
        yield login;
      }
    } else if (target.password !== undefined && state.safe) {
      any = true;
      yield method === 'password' ? passwordLogin(target) : interactiveLogin(target, state);
    }
  }
  // With nothing to offer, "none" still tells what the server would accept, for the message.
  if (!any) yield { label: 'no key', method: { type: 'none', username: target.user } };
}

function passwordLogin({ user, password }: ConnectionTarget): Login {
  return {
    label: 'the password',
    method: { type: 'password', username: user, password: password?.() ?? '' },
  };
}

/** Answers the first hidden question with the password; any other stays unanswered, so that nothing is given away. */
function interactiveLogin({ user, password }: ConnectionTarget, state: State): Login {
  let given = false;
  return {
    label: 'the password (keyboard-interactive)',
    method: {
      type: 'keyboard-interactive',
      username: user,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        finish(
          prompts.map(({ echo, prompt }) => {
            const answer = echo || given ? '' : (password?.() ?? '');
            given ||= answer !== '';
            state.answered ||= answer !== '' && /password/i.test(prompt);
            return answer;
          }),
        );
      },
    },
  };
}

function kindOf(method: AnyAuthMethod): string {
  return method.type === 'agent' ? 'publickey' : method.type;
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
  const more = partial ? '; what was tried was right, but it asks for more' : '';
  const port = target.port === 22 ? '' : `-p ${target.port} `;
  const password = accepted.some((method) => method !== 'publickey') && target.password === undefined;
  return new ConnectionError(
    'auth',
    `${target.host} (${hostPort(target)}) refused the login as ${target.user}: ${tried}${methods}${more}`,
    accepted.length > 0 && !accepted.includes('publickey') && password
      ? 'set ansible_password, or allow PubkeyAuthentication in its sshd_config'
      : `try: ssh ${port}${shellQuote(`${target.user}@${target.address}`)} true; set ansible_user and ansible_ssh_private_key_file, ` +
          'or add the key with ssh-copy-id',
  );
}
