import type { WriteStream } from 'node:tty';

/**
 * Logs of GitHub Actions, Azure Pipelines and TeamCity take some lines for commands. What hosts and files call
 * themselves must not become one: `::name` at the beginning of a line, and `##[name`, `##vso[name` and `##teamcity[`
 * anywhere (ActionCommand.cs of actions/runner).
 */

/** Streams that are guarded, each with its way to write a command of our own. */
const guarded = new WeakMap<WriteStream, (text: string) => boolean>();

/** Whether the log of this process is read for commands. Gitea and Forgejo call themselves GitHub Actions. */
export function logTakesCommands(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env.GITHUB_ACTIONS || env.TF_BUILD || env.TEAMCITY_VERSION);
}

/** The text with each command broken by a blank. Pure. */
export function withoutCommands(text: string): string {
  return text.replaceAll(/^([^\S\n]*):(?=:)/gm, '$1: ').replaceAll(/#(?=#(?:\[|vso\[|teamcity\[))/gi, '# ');
}

/** From now on nothing that is written to the stream is a command; {@link writeCommands} writes those. */
export function guardCommands(stream: WriteStream): void {
  const write = stream.write.bind(stream);
  guarded.set(stream, write);
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) =>
    // biome-ignore lint/suspicious/noExplicitAny: the overloads of write, handed on as they came
    (write as any)(typeof chunk === 'string' ? withoutCommands(chunk) : chunk, ...rest)) as typeof write;
}

/** Writes lines that are meant as commands. */
export function writeCommands(stream: WriteStream, text: string): void {
  (guarded.get(stream) ?? stream.write.bind(stream))(text);
}
