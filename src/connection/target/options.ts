import type { SshConfigs } from '../config/settings.ts';
import type { LocalNames } from '../config/tokens.ts';
import type { Secret } from '../connection.ts';
import type { PlaceOf } from './host_vars.ts';

/** What holds where a host's variables say nothing: flags of the command line, then ssh_config, the environment. */
export interface ConnectionOptions {
  readonly user?: string | undefined;
  readonly privateKeyFile?: string | undefined;
  /** `--ask-pass`. */
  readonly password?: Secret | undefined;
  /** `--timeout`, to connect, in seconds. */
  readonly timeoutSeconds?: number | undefined;
  /** `--host-timeout`, for a host in all, in seconds. */
  readonly hostTimeoutSeconds?: number | undefined;
  readonly knownHostsFile?: string | undefined;
  readonly acceptNewHostKeys?: boolean | undefined;
  /** Name of the user who runs virtune. */
  readonly localUser: string;
  /** That user's home directory, for `~`. */
  readonly home: string;
  /** Number of that user, name of this machine, the environment: for tokens in ssh_config. */
  readonly local?: Omit<LocalNames, 'user' | 'home'> | undefined;
  /** SSH_AUTH_SOCK. */
  readonly agentSocket?: string | undefined;
  /** What OpenSSH said about the hosts; without it its built-in defaults hold. */
  readonly sshConfigs?: SshConfigs | undefined;
  /** There is no OpenSSH client to ask; without it hosts that have no answer have not been asked about. */
  readonly noOpenssh?: boolean | undefined;
  readonly placeOf?: PlaceOf | undefined;
}
