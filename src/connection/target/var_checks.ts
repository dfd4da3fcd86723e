import type { TextProblem } from './host_vars.ts';

/** @returns what is wrong with an address, or null: host names, IPv4, IPv6 with a zone perhaps */
export function addressProblem(address: string): TextProblem | null {
  if (address === '') return { problem: 'is empty' };
  if (address.includes('{{')) return { problem: 'holds a template that was not resolved' };
  if (address.startsWith('-')) return { problem: 'starts with a dash' };
  if (address.includes('@')) return { problem: 'holds a user', hint: 'put the user in ansible_user' };
  if (/^\[.*\]/.test(address)) {
    return {
      problem: 'is in brackets',
      hint: 'write IPv6 addresses without brackets, and the port in ansible_port',
    };
  }
  if (/^[^:]+:\d+$/.test(address)) return { problem: 'holds a port', hint: 'put the port in ansible_port' };
  if (!/^[\p{L}\p{M}\p{N}._%:-]+$/u.test(address)) {
    return {
      problem: 'is not a host name or an IP address',
      hint: 'allowed are letters, digits and . - _ : %',
    };
  }
  return null;
}

/** @returns what is wrong with a user's name, or null */
export function userProblem(user: string): TextProblem | null {
  if (user === '') return { problem: 'is empty' };
  if (user.includes('{{')) return { problem: 'holds a template that was not resolved' };
  if (user.startsWith('-')) return { problem: 'starts with a dash' };
  return /[\s\p{C}'"`;&<>|(){}]/u.test(user)
    ? { problem: 'is not a user name: it holds white space, control characters or shell characters' }
    : null;
}

/** @returns what is wrong with a path, or null */
export function pathProblem(path: string): TextProblem | null {
  if (path === '') return { problem: 'is empty' };
  if (path.includes('{{')) return { problem: 'holds a template that was not resolved' };
  if (/^~[^/]/.test(path)) return { problem: "names another user's home", hint: 'write the path out' };
  return /\p{Cc}/u.test(path) ? { problem: 'holds control characters' } : null;
}
