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
      `${name === null ? 'the become method' : 'ansible_become_method'} ${JSON.stringify(word)} is not supported`,
      `supported: ${BECOME_METHODS.join(', ')}`,
    );
    return null;
  }
  checkFlags(read, method);
  const exe = exeOf(read, method);
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
    if (password === undefined) return { method, user, ...exe };
    read.error(
      'ansible_become_password',
      'doas takes a password from a terminal only, and virtune has none there',
      'allow the login without one: permit nopass LOGIN as root, in doas.conf',
    );
    return null;
  }
  const secret = password ?? options.password;
  return { method, user, ...exe, ...(secret === undefined ? {} : { password: secret }) };
}

/** What virtune gives sudo or doas anyway: `-H -S -n` are Ansible's own for sudo. */
const SAID_ANYWAY: Readonly<Record<Become['method'], RegExp>> = {
  sudo: /^(?:-[HSn]+|--set-home|--stdin|--non-interactive)$/,
  doas: /^-n$/,
};

function checkFlags(read: HostVars, method: Become['method']): void {
  const found = read.first(`ansible_${method}_flags`, 'ansible_become_flags');
  if (found === null) return;
  const words =
    typeof found.value === 'string' ? found.value.split(/\s+/).filter((word) => word !== '') : [''];
  const other = words.find((word) => !SAID_ANYWAY[method].test(word));
  if (other === undefined) return;
  const taken = method === 'sudo' ? '-H, -S and -n' : '-n';
  read.error(
    found.name,
    `${found.name} ${JSON.stringify(other)} is not supported`,
    `virtune gives ${method} its own flags; ${taken} say nothing new and are taken`,
  );
}

function exeOf(read: HostVars, method: Become['method']): Pick<Become, 'exe'> {
  const exe = read.text(
    (text) =>
      /^(?:\/|[A-Za-z0-9_])[A-Za-z0-9_./-]*$/.test(text) || text === ''
        ? null
        : { problem: 'is not the name or the path of one program', hint: `e.g. /usr/local/bin/${method}` },
    `ansible_${method}_exe`,
    'ansible_become_exe',
  );
  return exe === undefined || exe === '' || exe === method ? {} : { exe };
}
