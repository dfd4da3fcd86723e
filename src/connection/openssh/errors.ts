import { ConnectionError, type ConnectionErrorCode, type ConnectionTarget } from '../connection.ts';
import { hostPort } from '../ssh_errors.ts';

/** What OpenSSH's client says when it fails, the first that fits. */
const SAID: readonly (readonly [RegExp, ConnectionErrorCode, transient?: boolean])[] = [
  // What the ssh of a ProxyCommand says through the login to the jump host.
  [/stdio forwarding (request )?failed/i, 'unreachable'],
  [/^Control socket connect/m, 'jump_host', true],
  [/REMOTE HOST IDENTIFICATION HAS CHANGED/, 'host_key_changed'],
  [/(REVOKED HOST KEY|host key .*revoked|marked as revoked)/i, 'host_key_revoked'],
  // The host showed a certificate, which does not hold.
  [/^Certificate invalid: /m, 'host_key_unknown'],
  [/No .* host key is known for|Host key verification failed/, 'host_key_unknown'],
  [/Could not resolve hostname .*Temporary failure/i, 'dns', true],
  [/Could not resolve hostname/i, 'dns'],
  [/Exceeded MaxStartups|Not allowed at this time/, 'closed', true],
  [
    /(kex_exchange_identification|banner exchange|ssh_exchange_identification).*(closed|reset)/i,
    'closed',
    true,
  ],
  [/Connection (closed|reset) by .* port \d+(?! \[preauth\])/, 'closed', true],
  [/(connect to host|channel \d+: open failed).*Connection refused/i, 'refused'],
  [/connect to host .*(timed out)|Connection timed out/i, 'timeout'],
  [/connect to host .*|No route to host|Network is unreachable/i, 'unreachable'],
  [/Permission denied \(|Too many authentication failures|No supported authentication methods/i, 'auth'],
  [/Unable to negotiate|no matching .* found|Bad packet length|Protocol/i, 'protocol'],
  [/Timeout, server .* not responding/i, 'timeout'],
];

const BAD_KEY = /Load key|Identity file|UNPROTECTED PRIVATE KEY/i;

/**
 * Turns the last words of OpenSSH's client into the named outcome of the host. Pure.
 * @param gavePassword whatever ended the login may have counted as one that failed: another might lock the account
 */
export function opensshError(
  target: ConnectionTarget,
  stderr: string,
  code: number | null,
  gavePassword = false,
): ConnectionError {
  const where = `${target.host} (${hostPort(target)})`;
  const { privateKeyFile } = target;
  const badKey = privateKeyFile !== undefined && BAD_KEY.test(stderr) && stderr.includes(privateKeyFile);
  const found = badKey ? ([BAD_KEY, 'key_file'] as const) : SAID.find(([pattern]) => pattern.test(stderr));
  const [, outcome, transient = false] = found ?? [/./, 'closed' as const, false];
  const detail = tellingLine(stderr, found?.[0]) || `it ended with status ${code}`;
  const advice = hint(outcome, target, stderr);
  const shared = outcome === 'host_key_unknown' && advice !== undefined ? { text: advice } : undefined;
  return new ConnectionError(
    outcome,
    `ssh could not log in to ${where} as ${target.user}: ${detail}`,
    advice,
    transient && !gavePassword,
    undefined,
    shared,
  );
}

function tellingLine(stderr: string, pattern: RegExp | undefined): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(@+|Pseudo-terminal|Warning: Permanently added)/.test(line));
  const line = lines.find((each) => pattern?.test(each)) ?? lines.at(-1) ?? '';
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

function hint(code: ConnectionErrorCode, target: ConnectionTarget, stderr: string): string | undefined {
  switch (code) {
    case 'host_key_changed': {
      const place = /Offending \S+ key in (\S+)/.exec(stderr)?.[1];
      return `${place ? `the old key is in ${place}; ` : ''}if the change is meant, remove it with ssh-keygen -R`;
    }
    case 'host_key_unknown':
      if (/^Certificate invalid: /m.test(stderr)) return 'have its host key signed again, for this name';
      return "compare the host's fingerprint and add its key, or use --accept-new-host-keys";
    case 'unreachable':
      return /Invalid argument/.test(stderr)
        ? 'a route of this machine is a blackhole: ip route get ADDRESS shows it here'
        : undefined;
    case 'auth':
      return `try: ssh ${target.user}@${target.sshName ?? target.address} true`;
    case 'closed':
      return 'its sshd may shed load (MaxStartups, PerSourcePenalties, fail2ban): try fewer --forks';
    default:
      return undefined;
  }
}
