import { userInfo } from 'node:os';

/** Who runs virtune. In a container the user may have a number and no name. */
export function localUser(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER || process.env.LOGNAME || `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
