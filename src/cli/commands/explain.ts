import type { Command } from 'commander';
import { madePlay, variableTasks } from '../../api/made_play.ts';
import { printable } from '../../base/text.ts';
import { EXIT } from '../../engine/exit_code.ts';
import type { HostJob, PlayJob } from '../../engine/job.ts';
import { tasksOf } from '../../engine/visits.ts';
import { explainTask } from '../../explain/explain.ts';
import { type ExplainedHost, type ExplainedSubject, explainJson } from '../../explain/json.ts';
import { explainLines } from '../../explain/text.ts';
import type { Change } from '../../model/change.ts';
import { inputError } from '../../model/diagnostic.ts';
import type { HostFacts } from '../../model/facts.ts';
import { MODULES } from '../../modules/index.ts';
import { originOf } from '../../project/origin.ts';
import type { Project } from '../../project/project.ts';
import { hung } from '../../report/hang.ts';
import { paintFor } from '../../report/style.ts';
import { addHelp, HOST_EXITS } from '../help.ts';
import { type Chosen, chosenOf, findDomain, noSubject } from '../not_there.ts';
import {
  addAtOption,
  addConnectionOptions,
  addInventoryOptions,
  addReportOption,
  type InventoryOptions,
  type RunningOptions,
} from '../options.ts';
import { openProject } from '../project.ts';
import { readHosts } from '../read_hosts.ts';
import { clearReports, openReportsOf, type ReportRequest, writeJson } from '../reports.ts';

type ExplainOptions = InventoryOptions & RunningOptions & { readonly at?: Date };

/** How the command line names subjects, by the modules that have more than one a VM. */
const CHOICES = MODULES.flatMap(({ choice }) => choice ?? []);

export function addExplain(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('explain')
    .summary('which rule, in which file and line, decided each number')
    .description('Says which rule, in which file and line, decided each number. Reads only.')
    .argument('<host>', 'a host of the inventory')
    .argument('<domain>', "the VM's libvirt name, taken literally, or its UUID")
    .argument(
      '[playbook...]',
      'playbooks; without any, the rules of the variables that are called as modules',
    );
  for (const { option } of CHOICES) command.option(option.flags, `${option.description}; all without it`);
  addConnectionOptions(addInventoryOptions(addAtOption(addReportOption(command, 'json')))).action(
    async (host: string, domain: string, playbooks: readonly string[], options: ExplainOptions) => {
      exit(await explain(host, domain, playbooks, options));
    },
  );
  addHelp(command, {
    examples: [
      ['by the rules of a playbook', 'virtune explain hv01 web-1 limits.yml'],
      [
        'as it will be at another time',
        'virtune explain hv01 web-1 limits.yml --at "2026-12-01 06:00 Europe/Berlin"',
      ],
      ["by the rules of the host's variables alone", 'virtune explain hv01 web-1'],
    ],
    exits: {
      0: 'it is explained above',
      ...HOST_EXITS,
      1: 'wrong input or usage, or the host has no such VM',
    },
    page: 'rules.md',
  });
}

async function explain(
  host: string,
  domain: string,
  playbooks: readonly string[],
  options: ExplainOptions,
): Promise<number> {
  const reports = await openReportsOf('explain', ['json'], options.report);
  const chosen = chosenOf(options);
  const asked = isAsked(chosen);
  const source =
    playbooks.length > 0 ? { playbooks } : { made: [madePlay('explain', host, variableTasks())] };
  const prepared = await openProject(source, { ...options, unguarded: true, limit: [host] });
  const { job, plays } = oneJob(host, prepared.plays);
  await clearReports(reports);
  const { seen } = await readHosts([job], 1);
  const [read] = seen;
  if (read === undefined || read === null) return EXIT.interrupted;
  if ('trouble' in read) {
    process.stderr.write(`${printable(`${host}: ${read.trouble.error}`)}\n`);
    return read.trouble.status === 'unreachable' ? EXIT.unreachable : EXIT.failed;
  }
  const uuid = findDomain(host, domain, read.facts);
  const subjects = plays.flatMap((play) =>
    explainPlay(
      play,
      read.facts,
      { ...prepared, now: options.at ?? new Date() },
      (change) => change.domain.uuid === uuid && asked(change),
    ),
  );
  if (subjects.length === 0) throw noSubject(domain, chosen, read.facts, uuid);
  const { notes } = read;
  const told = { name: host, address: job.target.address, subjects, notes, warnings: prepared.warnings };
  await show(told, reports);
  return EXIT.ok;
}

/** The job of the one host, with the tasks of all plays: it is read once. */
function oneJob(
  host: string,
  plays: readonly PlayJob[],
): { job: HostJob; plays: readonly (readonly [PlayJob, HostJob])[] } {
  const found = plays.flatMap((play) => play.batches.flat().map((job) => [play, job] as const));
  const [first] = found;
  if (first === undefined || found.some(([, job]) => job.name !== first[1].name)) {
    throw inputError(`"${host}" is not one host`, 'name one host of the inventory');
  }
  return { job: { ...first[1], tasks: found.flatMap(([, job]) => job.tasks) }, plays: found };
}

function explainPlay(
  [{ play }, job]: readonly [PlayJob, HostJob],
  facts: HostFacts,
  prepared: Project & { readonly now: Date },
  asked: (change: Change) => boolean,
): readonly ExplainedSubject[] {
  const layers = prepared.layersOf(job.name, play);
  const now = prepared.now.getTime();
  const options = { listAll: true, rewrite: false, kernel: false, now };
  return tasksOf({ jobs: [job] }, play.name, options).flatMap((task) =>
    explainTask(task, facts, asked).map((explanation) => ({
      explanation,
      origins: explanation.rules.map(({ rule }) => originOf(layers, rule.file, rule.line)),
    })),
  );
}

/** Which subjects are asked for: those that an option names, or all. */
function isAsked(chosen: readonly Chosen[]): (change: Change) => boolean {
  if (chosen.length === 0) return () => true;
  return ({ subject }) => chosen.some(({ module, names }) => module.kind === subject.kind && names(subject));
}

async function show(told: ExplainedHost, reports: readonly ReportRequest[]): Promise<void> {
  await writeJson(reports, explainJson(told));
  if (reports.some(({ file }) => file === null)) return;
  const lines = hung(explainLines(told, paintFor(process.stdout)), process.stdout.columns);
  process.stdout.write(`${lines.join('\n').trimEnd()}\n`);
}
