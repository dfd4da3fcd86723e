import { userInfo } from 'node:os';

type Environment = Readonly<Record<string, string | undefined>>;

/** Who runs virtune. In a container the user may have a number and no name. */
export function localUser(env: Environment): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER || env.LOGNAME || `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** That user's home directory, for `~`. */
export function localHome(env: Environment): string {
  if (env.HOME) return env.HOME;
  try {
    return userInfo().homedir;
  } catch {
    return '/';
  }
}
