import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Vars } from '../../model/inventory.ts';
import type { Secret } from '../connection.ts';
import { type HostVars, hostVars, type PlaceOf, secretOf, truth } from '../target/host_vars.ts';
import { BECOME_METHODS, type Become, USER_NAME } from './become.ts';

/** What holds where a host's variables say nothing: -b, --become-method, --become-user and -K. */
export interface BecomeOptions {
  readonly become?: boolean | undefined;
  readonly method?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: Secret | undefined;
}

export interface ResolvedBecome {
  /** null where commands run as the login, and where a diagnostic is an error. */
  readonly become: Become | null;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The user that commands on a host run as. As in Ansible, variables win over flags, and of the variables the method's own
 * (`ansible_sudo_pass`) over the common one. Without ansible_become (or -b) the others have no effect. Pure.
 */
export function becomeOf(
  host: string,
  vars: Vars,
  options: BecomeOptions,
  placeOf: PlaceOf = () => undefined,
): ResolvedBecome {
  const read = hostVars(host, vars, placeOf);
  const asked = read.first('ansible_become');
  const wanted = asked === null ? (options.become ?? false) : truth(asked.value);
  if (wanted === undefined) read.error('ansible_become', 'ansible_become must be true or false');
  const become = wanted ? resolve(read, options) : null;
  const { diagnostics } = read;
  return { become: diagnostics.length > 0 ? null : become, diagnostics };
}

function resolve(read: HostVars, options: BecomeOptions): Become | null {
  const name = read.first('ansible_become_method');
  const word = String(name?.value ?? options.method ?? 'sudo').replace(/^(?:ansible|community)\.\w+\./, '');
  const method = BECOME_METHODS.find((known) => known === word);
  if (method === undefined) {
    read.error(
      'ansible_become_method',
      `ansible_become_method ${JSON.stringify(word)} is not supported`,
      `supported: ${BECOME_METHODS.join(', ')}`,
    );
    return null;
  }
  for (const detail of ['exe', 'flags']) {
    for (const each of [`ansible_${method}_${detail}`, `ansible_become_${detail}`]) {
      const found = read.first(each);
      if (found !== null && found.value !== '')
        read.error(each, `${each} is not supported`, `virtune runs the ${method} that it finds in PATH`);
    }
  }
  const user =
    read.text(
      (text) => (USER_NAME.test(text) ? null : { problem: 'is not a user name' }),
      `ansible_${method}_user`,
      'ansible_become_user',
    ) ??
    options.user ??
    'root';
  const password = secretOf(read, /[\r\n\0]/, [
    `ansible_${method}_pass`,
    'ansible_become_pass',
    'ansible_become_password',
  ]);
  if (method === 'doas') {
    if (password === undefined) return { method, user };
    read.error(
      'ansible_become_password',
      'doas takes a password from a terminal only, and virtune has none there',
      'allow the login without one: permit nopass LOGIN as root, in doas.conf',
    );
    return null;
  }
  const secret = password ?? options.password;
  return { method, user, ...(secret === undefined ? {} : { password: secret }) };
}
