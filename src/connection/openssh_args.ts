import type { ConnectionTarget } from './connection.ts';

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

const KEEPALIVE_S = 10;

/**
 * Arguments of the ssh that logs in and then serves commands over a socket. What the inventory and the flags say
 * comes first and so wins over ssh_config, which ssh reads itself. Never holds a secret. Pure.
 * @param canAnswer a password or passphrase is at hand, or a person
 */
export function masterArguments(target: ConnectionTarget, socket: string, canAnswer: boolean): string[] {
  const { sshArgs = [], privateKeyFile, acceptNewHostKeys, tolerateChangedHostKeys, keepaliveMs } = target;
  const option = (name: string, value: string | number): string[] => ['-o', `${name}=${value}`];
  return [
    ...OWN,
    '-M',
    '-N',
    '-S',
    socket,
    ...option('PermitLocalCommand', 'yes'),
    ...option('LocalCommand', `echo ${READY_WORD}`),
    ...option('BatchMode', canAnswer ? 'no' : 'yes'),
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
    ...sshArgs,
    '--',
    target.sshName ?? target.address,
  ];
}

/** Arguments of the ssh that runs one command over the socket, and never by a connection of its own. Pure. */
export function execArguments(target: ConnectionTarget, socket: string, command: string): string[] {
  return [
    ...['-T', '-F', 'none', '-S', socket],
    ...['-o', 'ControlMaster=no', '-o', 'BatchMode=yes', '-o', 'ProxyCommand=exit 1', '-o', 'LogLevel=ERROR'],
    '--',
    target.sshName ?? target.address,
    command,
  ];
}

/** A path for an option of ssh that takes several: in quotes, percent signs and all. */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}
