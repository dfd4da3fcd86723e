import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Vars } from '../../model/inventory.ts';
import { type Tell, targetOfSettings } from '../config/from_settings.ts';
import { hopQuestion, MAX_JUMPS } from '../config/jumps.ts';
import { questionKey, type SshAnswer, type SshQuestion, type SshSettings } from '../config/settings.ts';
import type { ConnectionTarget } from '../connection.ts';
import { type HostVars, hostVars } from './host_vars.ts';
import type { ConnectionOptions } from './options.ts';
import { askFor } from './question.ts';
import { overlayVars, type Timing, timing } from './target_vars.ts';
import { refuseUnsupported } from './unsupported_vars.ts';

/** `target` is null when a diagnostic is an error. */
export interface ResolvedTarget {
  readonly target: ConnectionTarget | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** How OpenSSH is to be asked for a host, or null where it is not: a local host, or one with a mistake. Pure. */
export function sshQuestion(host: string, vars: Vars, options: ConnectionOptions): SshQuestion | null {
  const read = hostVars(host, vars, () => undefined);
  const { kind, question } = askFor(read, host, options);
  const failed = read.diagnostics.some(({ severity }) => severity === 'error');
  return failed || kind === null || kind === 'local' ? null : question;
}

/**
 * Resolves how to reach a host. As in Ansible its variables win over flags, and both over ssh_config; of the
 * variables the name with `ssh` in it wins over the shorter one. Pure.
 * @param host inventory name, the address too unless ansible_host is set
 */
export function connectionTarget(host: string, vars: Vars, options: ConnectionOptions): ResolvedTarget {
  const read = hostVars(host, vars, options.placeOf ?? (() => undefined));
  const { kind, question } = askFor(read, host, options);
  const times = timing(read, options);
  const settings = kind === 'local' ? null : settingsFor(question, options, read.tell);
  const base = baseTarget(host, question, settings, options, read.tell);
  const overlaid = overlayVars(read, options, base, question);
  if (kind !== 'local') refuseUnsupported(read);
  const jump = kind === 'local' ? undefined : jumpTarget(question, host, options, times, read, 1);
  const { diagnostics } = read;
  if (kind === null || diagnostics.some(({ severity }) => severity === 'error'))
    return { target: null, diagnostics };
  const { connectTimeoutMs, ...rest } = times;
  return {
    target: {
      ...overlaid,
      ...rest,
      kind,
      ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
      ...(jump === undefined ? {} : { jump }),
    },
    diagnostics,
  };
}

function baseTarget(
  label: string,
  question: SshQuestion,
  settings: SshSettings | null,
  options: ConnectionOptions,
  tell: Tell,
): ReturnType<typeof targetOfSettings> {
  const { localUser: user, home, agentSocket } = options;
  const local = { uid: 0, hostName: 'localhost', env: {}, ...options.local, user, home };
  return targetOfSettings(label, question, settings, { local, agentSocket }, tell);
}

function settingsFor(question: SshQuestion, options: ConnectionOptions, tell: Tell): SshSettings | null {
  const answer: SshAnswer | undefined = options.sshConfigs?.(question);
  if (answer === undefined) {
    if (options.noOpenssh && question.args.length > 0)
      tell(
        'error',
        `${question.args.join(' ')}: only an OpenSSH client can tell what that means, and there is none here`,
      );
    return null;
  }
  if (!('problem' in answer)) return answer;
  tell('error', `OpenSSH can't use its configuration: ${answer.problem}`, 'ssh -G HOST shows the same');
  return null;
}

/** The host to go through, with its own way: all of it as ssh_config says, since variables are about the host. */
function jumpTarget(
  question: SshQuestion,
  host: string,
  options: ConnectionOptions,
  times: Timing,
  read: HostVars,
  depth: number,
): ConnectionTarget | undefined {
  const answer = options.sshConfigs?.(question);
  const hop = answer === undefined ? null : hopQuestion(question, answer);
  if (hop === null) return undefined;
  if ('problem' in hop) return void read.tell('error', hop.problem);
  if (depth > MAX_JUMPS || questionKey(hop) === questionKey(question)) {
    return void read.tell(
      'error',
      `ProxyJump goes in a circle at ${hop.host}`,
      `give it a ProxyJump none of its own in ssh_config: Host ${hop.host}`,
    );
  }
  const settings = settingsFor(hop, options, read.tell);
  const base = baseTarget(hop.host, hop, settings, options, read.tell);
  const jump = jumpTarget(hop, host, options, times, read, depth + 1);
  const flags = overlayVars(
    hostVars(hop.host, {}, () => undefined),
    options,
    base,
    hop,
    true,
  );
  const { hostTimeoutMs: _, connectTimeoutMs, ...rest } = times;
  return {
    ...flags,
    ...rest,
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    ...(jump ? { jump } : {}),
  };
}
