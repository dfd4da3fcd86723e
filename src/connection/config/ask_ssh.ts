import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { hostClass, sharedHostName } from './host_class.ts';
import { type ConfigScan, scanConfig } from './scan.ts';
import {
  parseSettings,
  questionKey,
  type SshAnswer,
  type SshConfigs,
  type SshQuestion,
  type SshSettings,
} from './settings.ts';
import { optionNames } from './ssh_args.ts';

/** Runs ssh with arguments. @returns null when there is no such program */
export type RunSsh = (args: readonly string[]) => Promise<SshOutput | null>;

export interface SshOutput {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Asks OpenSSH, each question once. */
export interface SshAsker {
  readonly ask: (questions: readonly SshQuestion[]) => Promise<void>;
  /** Answers to what was asked. */
  readonly configs: SshConfigs;
  /** How often ssh was run. */
  readonly runs: () => number;
  /** True once it is known that there is no OpenSSH client. */
  readonly missing: () => boolean;
}

/** A broken `Match exec` must not hold everything up for ever. */
const ASK_MS = 30_000;

/**
 * Asks `ssh -G` about hosts: in full for one host of each class, and for each host where no class can be told
 * (scan.ts), a few at a time. So a thousand hosts cost a handful of forks with most configurations.
 */
export function sshAsker(
  run: RunSsh = runSsh,
  read = (file: string) => readFileSync(file, 'utf8'),
): SshAsker {
  const answers = new Map<string, SshAnswer>();
  const scans = new Map<string, Promise<Scanned>>();
  const classes = new Map<string, Promise<{ host: string; answer: SshAnswer }>>();
  const limit = pLimit(Math.max(2, availableParallelism() * 2));
  let [runs, missing] = [0, false];

  const counted = (question: SshQuestion, more: readonly string[]): Promise<SshOutput | null> =>
    limit(() => {
      runs++;
      return run(sshArguments(question, more));
    });
  const ask = async (question: SshQuestion, scan: ConfigScan | null): Promise<SshAnswer | null> => {
    if (missing) return null;
    const output = await counted(question, []);
    if (output === null) {
      missing = true;
      return null;
    }
    return toAnswer(output, scan, question.args);
  };
  /** One verbose run tells which files ssh reads with these arguments; Include is its business alone. */
  const scanFor = async (question: SshQuestion): Promise<Scanned> => {
    const output = await counted(question, ['-v']);
    if (output === null) missing = true;
    if (output === null || output.code !== 0) return { question, output: null, scan: null };
    const files = [...output.stderr.matchAll(/Reading configuration data (.+?)\r?$/gm)].map(
      ([, file]) => file,
    );
    try {
      return { question, output, scan: scanConfig([...new Set(files)].map((file) => read(file as string))) };
    } catch {
      return { question, output, scan: null };
    }
  };
  const answer = async (question: SshQuestion): Promise<SshAnswer | null> => {
    const argsKey = JSON.stringify(question.args);
    const scanning = scans.get(argsKey) ?? scanFor(question);
    scans.set(argsKey, scanning);
    const { scan, question: scanned, output } = await scanning;
    // The run that told the files has answered its own question, too.
    const own = async (): Promise<SshAnswer | null> =>
      scanned === question && output !== null ? toAnswer(output, scan, question.args) : ask(question, scan);
    const special = question.args.some((arg) => /%|^CanonicalizeHostname/i.test(arg));
    if (scan === null || !scan.shareable || special) return own();
    // A port that is given is the only thing that it changes; without one, the configuration says it.
    const { user = null, port } = question;
    const key = JSON.stringify([argsKey, user, port !== undefined, hostClass(scan, question.host)]);
    let first = classes.get(key);
    if (first === undefined) {
      first = own().then((got) => ({ host: question.host, answer: got ?? { problem: '' } }));
      classes.set(key, first);
    }
    const model = await first;
    if (missing) return null;
    return (await share(scan, model, question)) ?? ask(question, scan);
  };
  return {
    ask: async (questions) => {
      const open = new Map(questions.map((question) => [questionKey(question), question]));
      await Promise.all(
        [...open].map(async ([key, question]) => {
          if (answers.has(key)) return;
          const found = await answer(question);
          if (found !== null) answers.set(key, found);
        }),
      );
    },
    configs: (question) => answers.get(questionKey(question)),
    runs: () => runs,
    missing: () => missing,
  };
}

/** What one run told of the files, and of its own question; null where it failed or could not be made out. */
interface Scanned {
  readonly question: SshQuestion;
  readonly output: SshOutput | null;
  readonly scan: ConfigScan | null;
}

/** The answer for a host, from that for another host of its class; null when its address can't be told from it. */
function share(
  scan: ConfigScan,
  model: { readonly host: string; readonly answer: SshAnswer },
  question: SshQuestion,
): SshAnswer | null {
  if ('problem' in model.answer) return null;
  const { values, explicit } = model.answer;
  const other = values.get('hostname')?.[0] ?? '';
  const hostName =
    model.host === question.host
      ? other
      : sharedHostName(scan, { host: model.host, hostName: other }, question.host);
  if (hostName === null) return null;
  const shared = new Map(values).set('host', [question.host]).set('hostname', [hostName]);
  // The hash of the connection is that of the other host.
  shared.delete('controlpath');
  if (question.port !== undefined) shared.set('port', [String(question.port)]);
  return { values: shared, explicit };
}

function toAnswer(output: SshOutput, scan: ConfigScan | null, args: readonly string[]): SshAnswer {
  if (output.code !== 0) {
    const lines = output.stderr
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('Pseudo-terminal'));
    const told = lines.slice(-3).map((line) => line.trim());
    return {
      problem:
        told.join('; ') || `ssh -G ended with ${output.code === null ? 'a signal' : `status ${output.code}`}`,
    };
  }
  const all = parseSettings(output.stdout, new Set());
  const explicit =
    scan === null ? new Set(all.values.keys()) : new Set([...scan.keywords, ...optionNames(args)]);
  return { values: all.values, explicit } satisfies SshSettings;
}

/** `ControlPath=/%C` makes ssh tell the hash of the connection, which a key's path may hold. */
function sshArguments({ host, user, port, args }: SshQuestion, more: readonly string[]): readonly string[] {
  return [
    '-G',
    '-T',
    ...more,
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...args,
    '-o',
    'ControlPath=/%C',
    '--',
    host,
  ];
}

function runSsh(args: readonly string[]): Promise<SshOutput | null> {
  return new Promise((resolve) => {
    const child = execFile(
      'ssh',
      [...args],
      { timeout: ASK_MS, maxBuffer: 4 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') return resolve(null);
        // In a container the user may have a number and no name: then OpenSSH refuses to run at all.
        if (error !== null && /^No user exists for uid/m.test(stderr)) return resolve(null);
        resolve({ code: error === null ? 0 : (child.exitCode ?? null), stdout, stderr });
      },
    );
    child.stdin?.end();
  });
}
