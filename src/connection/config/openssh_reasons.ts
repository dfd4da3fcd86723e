import type { AlgorithmKind } from '../connection.ts';
import { supportedAlgorithms } from './algorithms.ts';
import { explicitList, type SshSettings, setting, settingTrue } from './settings.ts';
import { optionNames } from './ssh_args.ts';

const ALGORITHMS: readonly (readonly [AlgorithmKind, keyword: string, name: string])[] = [
  ['kex', 'kexalgorithms', 'KexAlgorithms'],
  ['cipher', 'ciphers', 'Ciphers'],
  ['mac', 'macs', 'MACs'],
  ['hostKey', 'hostkeyalgorithms', 'HostKeyAlgorithms'],
];

/** Settings that only OpenSSH itself can honour, in words: such hosts are reached with the system's ssh. Pure. */
export function opensshReasons(settings: SshSettings, args: readonly string[]): readonly string[] {
  const reasons: string[] = [];
  for (const [keyword, name] of [
    ['pkcs11provider', 'PKCS11Provider'],
    ['knownhostscommand', 'KnownHostsCommand'],
    ['revokedhostkeys', 'RevokedHostKeys'],
    ['bindinterface', 'BindInterface'],
  ] as const)
    if (setting(settings, keyword) !== undefined) reasons.push(name);
  // What ssh2 would not check. Distributions set these for everybody, too: only who asks for one means it.
  const given = optionNames(args);
  for (const [keyword, name] of [
    ['pubkeyacceptedalgorithms', 'PubkeyAcceptedAlgorithms'],
    ['casignaturealgorithms', 'CASignatureAlgorithms'],
    ['requiredrsasize', 'RequiredRSASize'],
  ] as const)
    if (given.has(keyword)) reasons.push(name);
  if (settingTrue(settings, 'hostbasedauthentication')) reasons.push('HostbasedAuthentication');
  if (settingTrue(settings, 'proxyusefdpass')) reasons.push('ProxyUseFdpass');
  if (!['no', 'false', undefined].includes(setting(settings, 'verifyhostkeydns')))
    reasons.push('VerifyHostKeyDNS');
  // Distributions switch GSSAPI on for everybody: only who asks for it means it.
  const first = setting(settings, 'preferredauthentications')?.split(',')[0] ?? '';
  const asked = given.has('gssapiauthentication') && settingTrue(settings, 'gssapiauthentication');
  if (asked || /^gssapi/.test(first)) reasons.push('GSSAPIAuthentication');
  for (const [kind, keyword, name] of ALGORITHMS) {
    const wanted = explicitList(settings, keyword);
    if (wanted !== undefined && supportedAlgorithms(kind, wanted).length === 0) reasons.push(name);
  }
  return reasons;
}
