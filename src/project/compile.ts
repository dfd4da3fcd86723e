import { type BecomeOptions, becomeOf } from '../connection/become/vars.ts';
import type { SshQuestion } from '../connection/config/settings.ts';
import type { ConnectionOptions } from '../connection/target/options.ts';
import { connectionTarget, sshQuestion } from '../connection/target/target.ts';
import { type HostJob, type HostTask, type PlayJob, ruleKey } from '../engine/job.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Enforcers } from '../model/enforcer.ts';
import type { Inventory, Vars } from '../model/inventory.ts';
import type { Play } from '../model/playbook.ts';
import type { RuleInfo } from '../modules/module.ts';
import type { Magic } from '../template/state.ts';
import { resolveWhenRead, type WhenRead } from '../template/when_read.ts';
import { placeOf } from '../yaml/places.ts';
import { toBatches } from './batches.ts';
import { clashesOf } from './clashes.ts';
import { ofHidden, taskCompiler } from './compile_task.ts';
import { libvirtAccess } from './libvirt_vars.ts';
import { batchMagic, playMagic } from './magic.ts';
import { misspeltFinder } from './misspelt.ts';
import { orderHosts } from './order.ts';
import { rulesOver } from './rules_over.ts';
import { NO_FACTS, runMagic } from './run_facts.ts';
import type { UnreadFinder } from './unread_vars.ts';

export interface CompileInput {
  readonly plays: readonly Play[];
  /** Of such a play it is not told what is missing. */
  readonly isPartial?: ((play: Play) => boolean) | undefined;
  /** Names of the hosts of a play, in inventory order, with `--limit` taken into account. */
  readonly hostsOf: (play: Play) => readonly string[];
  /** Plays of which `--limit` leaves hosts out. */
  readonly limited?: ReadonlySet<Play>;
  /** All variables that hold for a host in a play. */
  readonly varsOf: (host: string, play: Play) => Vars;
  readonly connection: ConnectionOptions;
  readonly become?: BecomeOptions | undefined;
  /** For `groups` and `hostvars` in templates. */
  readonly inventory?: Inventory | undefined;
  /** Variables of connections where a host and its play have none: of `ansible.cfg` and the environment. */
  readonly settings?: Vars | undefined;
  /** The names that templates have for the whole run. */
  readonly magicOf?: ((playbook: string) => Magic) | undefined;
  /** Finds variables that nothing reads. */
  readonly unread?: UnreadFinder | undefined;
  /** What time it is, for rules that are over: ms since 1970; nothing is said of them without it. */
  readonly now?: number | undefined;
  /** For `order: shuffle`. */
  readonly seed?: number | undefined;
  /** Whoever limits beside the libvirt of hosts. */
  readonly enforcers?: Enforcers | undefined;
}

export interface Compiled {
  readonly plays: readonly PlayJob[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What OpenSSH is to be asked before these plays are compiled: how it would reach each of their hosts. */
export function sshQuestions({
  plays,
  hostsOf,
  varsOf,
  connection,
  inventory,
  settings,
  magicOf = withoutFacts,
}: CompileInput): readonly SshQuestion[] {
  return plays.flatMap((play) => {
    const hosts = hostsOf(play);
    const magic = playMagic(play, hosts, inventory, varsOf, magicOf(play.file));
    return hosts.flatMap((host) => {
      const question = sshQuestion(
        host,
        connectionVars(varsOf(host, play), magic, settings).vars,
        connection,
      );
      return question === null ? [] : [question];
    });
  });
}

/**
 * Resolves everything that the files tell, for every host: variables, templates, arguments, connections. After this
 * nothing can fail for the user's input any more, and no host has been contacted yet.
 */
export function compile(input: CompileInput): Compiled {
  const diagnostics = new Map<string, { first: Diagnostic; hosts: Set<string> }>();
  const note = (host: string, found: readonly Diagnostic[]) => {
    for (const diagnostic of found) {
      const { severity, place } = diagnostic;
      const message = place === undefined ? diagnostic.message : withoutName(host, diagnostic.message);
      const key = `${severity}\0${message}\0${place?.file}\0${place?.line}\0${place?.column}`;
      const seen = diagnostics.get(key);
      if (seen === undefined) diagnostics.set(key, { first: diagnostic, hosts: new Set([host]) });
      else seen.hosts.add(host);
    }
  };
  const plays = input.plays.map((play) => {
    const partial = input.isPartial?.(play) ?? false;
    return compilePlay(play, input, (host, found) =>
      note(host, partial ? found.filter(({ missing }) => missing !== true) : found),
    );
  });
  for (const { host, found } of clashesOf(plays)) note(host, found);
  return { plays, diagnostics: [...diagnostics.values()].map(withHosts) };
}

/** One mistake in a group's variables is one error, however many hosts have it. */
function withHosts({ first, hosts }: { first: Diagnostic; hosts: ReadonlySet<string> }): Diagnostic {
  const [host, ...others] = hosts;
  if (host === undefined) return first;
  const bare = withoutName(host, first.message);
  if (bare !== first.message)
    return others.length === 0 ? first : { ...first, message: `${host} and ${others.length} more: ${bare}` };
  if (first.message.includes(host)) return first;
  return {
    ...first,
    message: `${first.message} (host ${host}${others.length > 0 ? ` and ${others.length} more` : ''})`,
  };
}

/** `hv1: the message` without the name. */
function withoutName(host: string, message: string): string {
  return message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message;
}

const withoutFacts = (playbook: string): Magic => runMagic(NO_FACTS, playbook);

type Note = (host: string, found: readonly Diagnostic[]) => void;

function compilePlay(play: Play, input: CompileInput, note: Note): PlayJob {
  const compilers = play.tasks.map((task) => taskCompiler(task, play, input.varsOf));
  const rules = new Map<string, RuleInfo>();
  const noted = new Set<readonly RuleInfo[]>();
  const misspelt = misspeltFinder();
  const jobs: HostJob[] = [];
  // Tags may have left none: then there is nothing to ask a host for.
  const named = play.tasks.length === 0 ? [] : input.hostsOf(play);
  const hosts = orderHosts(named, play.order, input.seed ?? 0);
  const ofRun = (input.magicOf ?? withoutFacts)(play.file);
  const ofPlay = playMagic(play, hosts, input.inventory, input.varsOf, ofRun);
  const ofBatches = batchMagic(ofPlay, toBatches(hosts, play.serial));
  for (const host of hosts) {
    const magic = ofBatches.get(host) ?? ofPlay;
    const vars = input.varsOf(host, play);
    const connection = connectionVars(vars, magic, input.settings);
    const { target, diagnostics } = connectionTarget(host, connection.vars, { ...input.connection, placeOf });
    const { become, diagnostics: refused } = becomeOf(host, connection.vars, input.become ?? {}, placeOf);
    const { access, diagnostics: wrong } = libvirtAccess(connection.vars);
    note(host, connection.diagnostics);
    note(host, ofHidden([...diagnostics, ...refused, ...wrong], connection.readSoFar()));
    note(host, misspelt(vars));
    note(host, input.unread?.(vars, (name) => magic.has(name)) ?? []);
    const tasks: HostTask[] = [];
    for (const compileTask of compilers) {
      const compiled = compileTask(host, vars, magic);
      note(host, compiled.diagnostics);
      tasks.push(...compiled.tasks);
      // Hosts of a group share their rules: each list is looked at once.
      if (noted.has(compiled.rules)) continue;
      noted.add(compiled.rules);
      for (const rule of compiled.rules) rules.set(ruleKey(rule), rule);
      if (input.now !== undefined) note(host, rulesOver(compiled.rules, input.now));
    }
    if (target !== null && access !== null)
      jobs.push({
        ...{ name: host, target, ...access, tasks },
        ...(become === null ? {} : { become }),
        ...(input.enforcers === undefined ? {} : { enforcers: input.enforcers }),
      });
  }
  const limited = input.limited?.has(play) === true ? { limited: true } : {};
  return { play, batches: toBatches(jobs, play.serial), rules: [...rules.values()], ...limited };
}

/** The same plays with the arguments of every task changed: for what only the command line can say. */
export function editArgs<A>(plays: readonly PlayJob[], edit: (args: A) => A): readonly PlayJob[] {
  const editJob = (job: HostJob): HostJob => ({
    ...job,
    tasks: job.tasks.map((task) => ({ ...task, args: edit(task.args as A) })),
  });
  return plays.map((play) => ({ ...play, batches: play.batches.map((batch) => batch.map(editJob)) }));
}

/** The variables that may say how to reach a host; the others are none of a connection's business. */
function connectionVars(vars: Vars, magic: Magic, settings: Vars = {}): WhenRead {
  // By their names: reading a variable may open what is encrypted in it.
  const names = Object.keys(vars).filter((name) =>
    /^(?:ansible_|virtune_|libvirt_(?:uri|virsh)$)/.test(name),
  );
  return resolveWhenRead(vars, { names, settings, magic });
}
