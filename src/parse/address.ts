/** A host as written in an inventory: perhaps with a port, `name:2222` or `[2001:db8::1]:22`. */
export interface Address {
  readonly host: string;
  readonly port: number | null;
}

const BRACKETED = /^\[([^\]]*:[^\]]*:[^\]]*)\]:([0-9]+)$/;
const WITH_PORT = /^((?:[^:[\]]|\[[^\]]*\])+):([0-9]+)$/;
/** Eight parts, or a gap: a:b:c are three groups. */
const IPV6 = /^(?=.*::|(?:[^:]*:){7}[^:]*$)[0-9a-fA-F:]+(?:\d+\.\d+\.\d+\.\d+)?(?:%[\w.-]+)?$/;

/** Takes the port off a host name. What is no address with a port is a name as a whole. */
export function parseAddress(text: string): Address {
  if (IPV6.test(text)) return { host: text, port: null };
  const match = BRACKETED.exec(text) ?? WITH_PORT.exec(text);
  if (match === null) return { host: text, port: null };
  return { host: match[1] ?? '', port: Number(match[2]) };
}

/** True for one address with colons of its own, also before a port: Ansible does not split a pattern at them. */
export function isHostAddress(text: string): boolean {
  return IPV6.test(text) || WITH_PORT.test(text) || /^\[[^\]]*:[^\]]*:[^\]]*\](?::[0-9]+)?$/.test(text);
}
