import type { ConnectionTarget } from '../connection.ts';

/** What virtune's own use of ssh needs, whatever the user's configuration says. */
const OWN = [
  '-T',
  '-oRequestTTY=no',
  '-oRemoteCommand=none',
  '-oClearAllForwardings=yes',
  '-oForwardAgent=no',
  '-oForwardX11=no',
  '-oTunnel=no',
  '-oLogLevel=INFO',
  '-oVisualHostKey=no',
  '-oUpdateHostKeys=no',
  '-oControlPersist=no',
  '-oEscapeChar=none',
];

/** The word that ssh says once the login is done. */
export const READY_WORD = 'virtune-ready';

/**
 * Says that the login is done, and leaves a shell that ends the ssh when its standard input does, which virtune holds:
 * so that none is left when virtune is killed. A line on it is a farewell: the ssh ends by itself then. In words that
 * sh, csh and fish read alike, since OpenSSH has the user's shell run it; fd 3, as a shell in the background has no input.
 */
const LOCAL_COMMAND = `exec /bin/sh -c 'echo ${READY_WORD}; exec 3<&0 >/dev/null 2>&1; (read -r bye <&3 || kill $PPID) &'`;

const KEEPALIVE_S = 10;

/** Environment of {@link THROUGH}: nothing of it is ever part of a command. */
export const JUMP_SOCKET = 'VIRTUNE_JUMP_SOCKET';
export const JUMP_TO = 'VIRTUNE_JUMP_TO';

/**
 * ProxyCommand that goes through the login to the jump host, and never logs in itself. A constant text that sh, csh
 * and fish read alike: OpenSSH has the user's shell run it.
 */
const THROUGH = `ssh -F none -S "$${JUMP_SOCKET}" -oControlMaster=no -oBatchMode=yes -oProxyCommand=false -W "$${JUMP_TO}" -- jump`;

/**
 * Arguments of the ssh that logs in and then serves commands over a socket. What the inventory and the flags say
 * comes first and so wins over ssh_config, which ssh reads itself. Never holds a secret. Pure.
 * @param through the way leads through the jump host's own login
 */
export function masterArguments(target: ConnectionTarget, socket: string, through: boolean): string[] {
  const { sshArgs = [], privateKeyFile, acceptNewHostKeys, tolerateChangedHostKeys, keepaliveMs } = target;
  const option = (name: string, value: string | number): string[] => ['-o', `${name}=${value}`];
  return [
    ...OWN,
    '-M',
    '-N',
    '-S',
    socket,
    ...option('PermitLocalCommand', 'yes'),
    ...option('LocalCommand', LOCAL_COMMAND),
    ...option('BatchMode', 'no'),
    ...option('NumberOfPasswordPrompts', 1),
    ...option('Port', target.port),
    ...option('User', target.user),
    ...option('ConnectTimeout', Math.ceil(target.connectTimeoutMs / 1000)),
    ...option('ServerAliveInterval', Math.ceil((keepaliveMs ?? KEEPALIVE_S * 1000) / 1000)),
    ...(target.keepaliveCount === undefined ? [] : option('ServerAliveCountMax', target.keepaliveCount)),
    ...(privateKeyFile === undefined ? [] : option('IdentityFile', quoted(privateKeyFile))),
    ...option('UserKnownHostsFile', target.knownHostsFiles.map(quoted).join(' ') || 'none'),
    ...option('GlobalKnownHostsFile', 'none'),
    ...option(
      'StrictHostKeyChecking',
      tolerateChangedHostKeys ? 'no' : acceptNewHostKeys ? 'accept-new' : 'yes',
    ),
    ...(through ? [...option('ProxyCommand', THROUGH), ...option('ProxyUseFdpass', 'no')] : []),
    ...(through ? withoutJump(sshArgs) : sshArgs),
    '--',
    target.sshName ?? target.address,
  ];
}

/** `-J` beside a ProxyCommand is an error of ssh's; `-o ProxyJump` after one is not. */
function withoutJump(args: readonly string[]): readonly string[] {
  return args.filter((arg, index) => arg !== '-J' && args[index - 1] !== '-J');
}

/** A path for an option of ssh that takes several: in quotes, percent signs and all. */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}
