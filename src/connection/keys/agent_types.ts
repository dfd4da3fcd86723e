import { createConnection } from 'node:net';
import { keyTypeOf } from '../host_keys/known_hosts.ts';

const REQUEST_IDENTITIES = Buffer.from([0, 0, 0, 1, 11]);
const IDENTITIES_ANSWER = 12;
const ANSWER_MS = 2_000;

/** The types of all the keys that an agent holds, those too that ssh2 passes over; empty when it does not answer. */
export function agentKeyTypes(socketPath: string): Promise<readonly string[]> {
  return new Promise((resolve) => {
    let data = Buffer.alloc(0);
    const socket = createConnection(socketPath).unref();
    const end = (types: readonly string[]): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(types);
    };
    const timer = setTimeout(() => end([]), ANSWER_MS);
    socket.on('error', () => end([]));
    socket.on('close', () => end([]));
    socket.on('data', (chunk: Buffer) => {
      data = Buffer.concat([data, chunk]);
      if (data.length >= 4 && data.length >= 4 + data.readUInt32BE(0)) end(typesIn(data.subarray(4)));
    });
    socket.write(REQUEST_IDENTITIES);
  });
}

/** Parses an agent's answer (draft-miller-ssh-agent §3.5): the count, then key and comment of each. Pure. */
export function typesIn(answer: Buffer): readonly string[] {
  if (answer[0] !== IDENTITIES_ANSWER || answer.length < 5) return [];
  const types: string[] = [];
  let at = 5;
  for (let left = answer.readUInt32BE(1) * 2; left > 0 && at + 4 <= answer.length; left--) {
    const end = at + 4 + answer.readUInt32BE(at);
    if (left % 2 === 0) types.push(keyTypeOf(answer.subarray(at + 4, end)) ?? '');
    at = end;
  }
  return types;
}
