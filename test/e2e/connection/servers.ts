import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { sshdBinary, startServer, startSshd, type TestSshd } from './sshd.ts';

/** What a test may ask of any SSH server. */
export interface Greeting {
  /** A file that is shown before the login. */
  readonly banner?: string;
  /** Runs in place of every command, with that one in SSH_ORIGINAL_COMMAND. */
  readonly command?: string;
}

export interface ServerKind {
  readonly name: string;
  /** Why it can't run here; null when it can. */
  readonly missing: () => string | null;
  /** Whether it bears several commands at once on one connection. virtune runs those of a host in turn. */
  readonly atOnce: boolean;
  readonly start: (greeting?: Greeting) => Promise<TestSshd>;
}

const HOST_KEYS = ['ed25519', 'rsa'];

export const OPENSSH: ServerKind = {
  name: "OpenSSH's sshd",
  missing: () => (sshdBinary() === null ? 'no sshd here: apt-get install openssh-server' : null),
  atOnce: true,
  start: ({ banner = 'none', command } = {}) =>
    startSshd([`Banner ${banner}`, ...(command === undefined ? [] : [`ForceCommand ${command}`])], HOST_KEYS),
};

/**
 * Starts dropbear with its own form of the host keys. It reads RSA keys only in the older format, and only the user's
 * own authorized_keys: so it gets a home of its own, in a mount namespace.
 */
const START_DROPBEAR = `
  dir=$1 home=$2; shift 2
  exec 2>>"$dir/log"
  for type in ${HOST_KEYS.join(' ')}; do
    cp "$dir/host_$type" "$dir/pem_$type"
    ssh-keygen -q -p -N '' -m PEM -f "$dir/pem_$type" >/dev/null
    dropbearconvert openssh dropbear "$dir/pem_$type" "$dir/dropbear_$type" 2>/dev/null
    set -- "$@" -r "$dir/dropbear_$type"
  done
  mount -t tmpfs -o mode=700 tmpfs "$home"
  mkdir -m 700 "$home/.ssh"
  ln -s "$dir/authorized_keys" "$home/.ssh/authorized_keys"
  exec dropbear -F -E "$@"`;

export const DROPBEAR: ServerKind = {
  name: 'dropbear',
  missing: () => {
    if (spawnSync('sh', ['-c', 'command -v dropbear']).status !== 0)
      return 'no dropbear here: apt-get install dropbear-bin';
    return userInfo().uid === 0 ? null : 'dropbear gets a home of its own by root only';
  },
  // Of commands that end at the same moment dropbear 2022.83 closes some without their output and status: so for plain
  // `ssh -S` too.
  atOnce: false,
  start: ({ banner, command } = {}) =>
    startServer(HOST_KEYS, ({ dir, port }) => [
      ...(['unshare', '--mount', 'sh', '-ec', START_DROPBEAR, 'sh', dir, userInfo().homedir] as const),
      ...['-p', `127.0.0.1:${port}`, '-P', `${dir}/pid`],
      ...(banner === undefined ? [] : ['-b', banner]),
      ...(command === undefined ? [] : ['-c', command]),
    ]),
};
