import {
  questionKey,
  type SshAnswer,
  type SshConfigs,
  type SshQuestion,
  type SshSettings,
  setting,
} from './settings.ts';

/** How many hosts one may go through: more is a loop in practice. */
export const MAX_JUMPS = 8;

/** One host of a ProxyJump. */
interface Hop {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** Parses `[user@]host[:port]` or `ssh://...`, as OpenSSH's ProxyJump has it; null when it is neither. Pure. */
export function parseHop(text: string): Hop | null {
  const bare = text
    .trim()
    .replace(/^ssh:\/\//, '')
    .replace(/\/$/, '');
  const at = bare.lastIndexOf('@');
  const user = at > 0 ? bare.slice(0, at) : undefined;
  const found = /^(?:\[([^\]]+)\]|([^:[\]]+)|([0-9a-fA-F:.]+(?:%\w+)?))(?::(\d{1,5}))?$/.exec(
    bare.slice(at + 1),
  );
  const host = found?.[1] ?? found?.[2] ?? found?.[3];
  if (host === undefined || host.startsWith('-') || at === 0) return null;
  const port = found?.[4] === undefined ? undefined : Number(found[4]);
  if (port !== undefined && (port < 1 || port > 65_535)) return null;
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
}

/**
 * How OpenSSH would be asked for the last host of a ProxyJump: that one is reached through those before it, or
 * else as its own configuration says. Null when there is no jump host; `problem` when it can't be read.
 */
export function hopQuestion(
  question: SshQuestion,
  answer: SshAnswer,
): SshQuestion | { problem: string } | null {
  if ('problem' in answer) return null;
  const jump = setting(answer, 'proxyjump');
  if (jump === undefined) return null;
  const route = expandJump(jump, question, answer);
  if (typeof route !== 'string') return route;
  const hops = route.split(',');
  const last = parseHop(hops.pop() ?? '');
  if (last === null)
    return { problem: `ProxyJump ${JSON.stringify(jump)} is not a list of [user@]host[:port]` };
  const file = question.args.lastIndexOf('-F');
  return {
    ...last,
    args: [
      ...(file >= 0 ? question.args.slice(file, file + 2) : []),
      ...(hops.length > 0 ? ['-J', hops.join(',')] : []),
    ],
  };
}

/** `ssh -G` leaves the tokens in a ProxyJump, which stand for the host that it leads to. */
function expandJump(
  jump: string,
  { host, port, user }: SshQuestion,
  settings: SshSettings,
): string | { problem: string } {
  const values: Readonly<Record<string, string | undefined>> = {
    '%%': '%',
    '%h': setting(settings, 'hostname') ?? host,
    '%n': host,
    '%p': String(port ?? setting(settings, 'port') ?? 22),
    '%r': user ?? setting(settings, 'user'),
  };
  const unknown = jump.match(/%.?/gs)?.find((token) => values[token] === undefined);
  if (unknown === undefined) return jump.replaceAll(/%./gs, (token) => values[token] ?? token);
  return {
    problem: `ProxyJump ${JSON.stringify(jump)} holds ${unknown}, which does not stand for anything there`,
  };
}

/** Asks about hosts and about all the jump hosts on the way to them, level by level. */
export async function askWithJumps(
  asker: { readonly ask: (questions: readonly SshQuestion[]) => Promise<void>; readonly configs: SshConfigs },
  questions: readonly SshQuestion[],
): Promise<void> {
  let level: readonly SshQuestion[] = questions;
  for (let depth = 0; depth <= MAX_JUMPS && level.length > 0; depth++) {
    await asker.ask(level);
    const next = new Map<string, SshQuestion>();
    for (const question of level) {
      const answer = asker.configs(question);
      const hop = answer === undefined ? null : hopQuestion(question, answer);
      if (hop !== null && 'host' in hop) next.set(questionKey(hop), hop);
    }
    level = [...next.values()];
  }
}
