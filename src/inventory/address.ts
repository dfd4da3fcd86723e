/** A host as written in an inventory: perhaps with a port, `name:2222` or `[2001:db8::1]:22`. */
export interface Address {
  readonly host: string;
  readonly port: number | null;
}

// What follows spells out Ansible's parse_address (parsing/utils/addresses.py): which texts with colons are one
// address decides where a pattern is split, and so which hosts it selects.

const STEP = '(?::[0-9]+)?';
const NUMERIC = `\\[[0-9]+:[0-9]+${STEP}\\]`;
const HEXADECIMAL = `\\[[0-9a-f]+:[0-9a-f]+${STEP}\\]`;
const ALPHANUMERIC = `\\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)${STEP}\\]`;

const I4 = `(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|${NUMERIC})`;
const IPV4 = new RegExp(`^(?:${I4}\\.){3}${I4}$`, 'i');

const I6 = `(?:[0-9a-f]{1,4}|${HEXADECIMAL})`;
/** As in Ansible, only the last alternative must reach the end of the text; for the others it is enough to begin so. */
const IPV6 = new RegExp(
  `^(?:${[
    `(?:${I6}:){7}${I6}`,
    `(?:${I6}:){1,6}:`,
    ...[6, 5, 4, 3, 2, 1].map((most, i) => `(?:${I6}:){${i + 1}}(?::${I6}){1,${most}}`),
    `:(?::${I6}){1,6}`,
    `${I6}?::`,
    `(?:0:){6}(?:${I6}\\.){3}${I6}`,
    `::(?:ffff:)?(?:${I6}\\.){3}${I6}`,
    `(?:0:){5}ffff:(?:${I6}\\.){3}${I6}$`,
  ].join('|')})`,
  'i',
);

/** Letters and digits of any script, as Python's \w has them. */
const WORD = '[\\p{L}\\p{N}_]';
const LABEL = `(?:${WORD}|${ALPHANUMERIC})(?:[\\p{L}\\p{N}_-]|${ALPHANUMERIC})*(?<![_-])`;
const HOSTNAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, 'iu');

/** The ordinary ones among them: the first use of a regular expression with classes of Unicode takes 7 ms. */
const ASCII_LABEL = '[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?';
const ASCII_HOSTNAME = new RegExp(`^${ASCII_LABEL}(?:\\.${ASCII_LABEL})*$`, 'i');

const BRACKETED_PORT = /^\[(.+)\]:([0-9]+)$/;
const PORT = /^((?:[^:[\]]|\[[^\]]*\])*):([0-9]+)$/;

/** An address as Ansible knows them, also with ranges in it, its port taken off; null for any other text. */
export function readAddress(text: string): Address | null {
  let host = text;
  let port: number | null = null;
  for (const form of [BRACKETED_PORT, PORT]) {
    const match = form.exec(host);
    if (match === null) continue;
    host = match[1] ?? '';
    port = Number(match[2]);
  }
  const isHost = ASCII_HOSTNAME.test(host) || isIpAddress(host) || HOSTNAME.test(host);
  return isHost ? { host, port } : null;
}

/** Takes the port off a host name. A text that is not an address with a port is a name as a whole. */
export function parseAddress(text: string): Address {
  return readAddress(text) ?? { host: text, port: null };
}

/** True for a number of the internet protocol: the short name of such a host is the whole. */
export function isIpAddress(name: string): boolean {
  // The first use of the long expression takes 5 ms, and a name without a colon is none of its alternatives.
  return IPV4.test(name) || (name.includes(':') && IPV6.test(name));
}
