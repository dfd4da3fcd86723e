/** What the %-tokens of OpenSSH stand for (ssh_config(5), TOKENS). */
export interface TokenValues {
  /** Address after HostName. */
  readonly hostName: string;
  /** Name as it was given. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly hostKeyAlias: string | undefined;
  readonly jump: string;
  /** Hash of the connection, as `ssh -G` tells it. */
  readonly hash: string;
  readonly local: LocalNames;
}

/** Who and where virtune runs. */
export interface LocalNames {
  readonly user: string;
  readonly uid: number;
  readonly home: string;
  /** Name of this machine, whole. */
  readonly hostName: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The setting with its tokens expanded, or the token that virtune does not know. */
export type Expanded = { readonly text: string } | { readonly unknown: string };

/** Expands the tokens that `ssh -G` prints as they are, those of a ProxyCommand or of a file's path. Pure. */
export function expandTokens(template: string, values: TokenValues): Expanded {
  let unknown = '';
  const text = template.replaceAll(/%(.?)/gs, (token, letter: string) => {
    const value = tokenValue(letter, values);
    if (value === undefined) unknown ||= token;
    return value ?? token;
  });
  return unknown === '' ? { text } : { unknown };
}

/** A path with `~`, `${VARIABLE}` and tokens expanded, as OpenSSH does for keys and certificates. Pure. */
export function expandPath(path: string, values: TokenValues): Expanded {
  const { home, env } = values.local;
  let unknown = '';
  const withHome = path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
  const withEnv = withHome.replaceAll(/\$\{([^}]*)\}/g, (token, name: string) => {
    const value = env[name];
    if (value === undefined) unknown ||= token;
    return value ?? token;
  });
  return unknown === '' ? expandTokens(withEnv, values) : { unknown };
}

function tokenValue(letter: string, values: TokenValues): string | undefined {
  const { local } = values;
  switch (letter) {
    case '%':
      return '%';
    case 'C':
      return values.hash;
    case 'd':
      return local.home;
    case 'h':
      return values.hostName;
    case 'i':
      return String(local.uid);
    case 'j':
      return values.jump;
    case 'k':
      return values.hostKeyAlias ?? values.host;
    case 'L':
      return local.hostName.split('.', 1)[0];
    case 'l':
      return local.hostName;
    case 'n':
      return values.host;
    case 'p':
      return String(values.port);
    case 'r':
      return values.user;
    case 'u':
      return local.user;
    default:
      return undefined;
  }
}
