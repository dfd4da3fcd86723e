import type { Command } from 'commander';
import { didYouMeanHint } from '../../base/suggest.ts';
import { printable } from '../../base/text.ts';
import { newConnector } from '../../connection/connector.ts';
import { EXIT } from '../../engine/exit_code.ts';
import { beginHost } from '../../engine/host.ts';
import type { HostJob, PlayJob } from '../../engine/job.ts';
import { MAC, normaliseMac } from '../../libvirt/domain_xml.ts';
import { type InputError, inputError } from '../../model/diagnostic.ts';
import type { HostFacts } from '../../model/facts.ts';
import type { Card } from '../../modules/nic_limits/card.ts';
import { explainHost } from '../../modules/nic_limits/explain.ts';
import { nicLimits } from '../../modules/nic_limits/index.ts';
import type { NicLimitsArgs } from '../../modules/nic_limits/rule.ts';
import { originOf } from '../../project/origin.ts';
import type { Project } from '../../project/project.ts';
import { type ExplainedHost, type ExplainedNic, explainJson } from '../../report/explain_json.ts';
import { explainLines } from '../../report/explain_text.ts';
import { paintFor } from '../../report/style.ts';
import {
  addInventoryOptions,
  addRunningOptions,
  type InventoryOptions,
  type RunningOptions,
} from '../options.ts';
import { openProject } from '../project.ts';
import { openJsonReports, type ReportRequest, writeJson } from '../reports.ts';
import { listenForSignals } from '../signals.ts';
import { madePlay } from './made_play.ts';

interface ExplainOptions extends InventoryOptions, RunningOptions {
  readonly nic?: string;
}

export function addExplain(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('explain')
    .description('which rule, in which file and line, decided each number; reads only')
    .argument('<host>', 'a host of the inventory')
    .argument('<domain>', "the VM's libvirt name, taken literally, or its UUID")
    .argument('[playbook...]', 'playbooks; without any, the rules of the variable nic_limits')
    .option('--nic <which>', '1-based position as in `virsh domiflist`, or a MAC; all without it');
  addRunningOptions(addInventoryOptions(command)).action(
    async (host: string, domain: string, playbooks: readonly string[], options: ExplainOptions) => {
      exit(await explain(host, domain, playbooks, options));
    },
  );
}

async function explain(
  host: string,
  domain: string,
  playbooks: readonly string[],
  options: ExplainOptions,
): Promise<number> {
  const reports = await openJsonReports('explain', options.report);
  const chosen = nicChoice(options.nic);
  const made = [madePlay('explain', host, '{{ nic_limits }}')];
  const source = playbooks.length > 0 ? { playbooks } : { made };
  const prepared = await openProject(source, { ...options, limit: [host] });
  const { job, plays } = oneJob(host, prepared.plays);
  const signals = listenForSignals();
  const connector = newConnector();
  const context = {
    connector,
    check: true,
    signal: signals.abort,
    busyRetries: 0,
    absentRetries: 0,
    retryDelayMs: 0,
  };
  const begun = await beginHost(job, context).finally(() => {
    connector.close();
    signals.release();
  });
  if ('done' in begun) {
    const { status, error = 'it was not read' } = begun.done;
    process.stderr.write(`${printable(`${host}: ${error}`)}\n`);
    return status === 'unreachable' ? EXIT.unreachable : EXIT.failed;
  }
  const { facts } = begun.planned;
  const uuid = findDomain(host, domain, facts);
  const nics = plays.flatMap((play) =>
    explainPlay(play, facts, prepared, (card) => card.domain.uuid === uuid && chosen(card)),
  );
  if (nics.length === 0) throw noNic(domain, options.nic);
  const notes = [...new Set(begun.plans.flatMap((plan) => plan.notes ?? []))];
  const told = { name: host, address: job.target.address, nics, notes, warnings: prepared.warnings };
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
  prepared: Project,
  asked: (card: Card) => boolean,
): ExplainedNic[] {
  const layers = prepared.layersOf(job.name, play);
  return job.tasks
    .filter((task) => task.module === nicLimits)
    .flatMap((task) =>
      explainHost(task.args as NicLimitsArgs, facts, asked).map((explanation) => ({
        play: play.name,
        task: task.name,
        explanation,
        origins: explanation.rules.map(({ rule }) => originOf(layers, rule.file, rule.line)),
      })),
    );
}

/** A UUID before a name, as virsh takes it. */
function findDomain(host: string, domain: string, { domains }: HostFacts): string {
  const found =
    domains.find(({ uuid }) => uuid === domain.toLowerCase()) ?? domains.find(({ name }) => name === domain);
  if (found !== undefined) return found.uuid;
  const hint =
    didYouMeanHint(
      domain,
      domains.map(({ name }) => name),
    ) ?? `virtune show ${host} lists its VMs`;
  throw inputError(`${host} has no VM "${domain}"`, hint);
}

function nicChoice(word: string | undefined): (card: Card) => boolean {
  if (word === undefined || word === 'all') return () => true;
  if (/^[1-9]\d*$/.test(word)) return (card) => card.index === Number(word);
  const mac = normaliseMac(word);
  if (MAC.test(mac)) return (card) => card.mac === mac;
  const hint = 'give a position from 1, as in `virsh domiflist`, or a MAC';
  throw inputError(`--nic ${word} names no NIC`, hint);
}

function noNic(domain: string, word: string | undefined): InputError {
  return inputError(`the VM "${domain}" has no NIC${word === undefined ? '' : ` ${word}`}`);
}

async function show(told: ExplainedHost, reports: readonly ReportRequest[]): Promise<void> {
  await writeJson(reports, explainJson(told));
  if (reports.some(({ file }) => file === null)) return;
  process.stdout.write(`${explainLines(told, paintFor(process.stdout)).join('\n').trimEnd()}\n`);
}
