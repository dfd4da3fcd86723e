import { type Command, Option } from 'commander';
import { inputError } from '../../model/diagnostic.ts';
import type { NicLimitsArgs } from '../../modules/nic_limits/rule.ts';
import { editArgs } from '../../project/compile.ts';
import { execute } from '../execute.ts';
import {
  addInventoryOptions,
  addRewriteOption,
  addRunningOptions,
  type InventoryOptions,
  type RunningOptions,
} from '../options.ts';
import { openProject } from '../project.ts';
import { openReports } from '../reports.ts';
import { madePlay } from './made_play.ts';

interface SetOptions extends InventoryOptions, RunningOptions {
  readonly nic: string;
  readonly rate?: string;
  readonly inbound?: string;
  readonly outbound?: string;
  readonly applyTo: 'both' | 'live' | 'config';
  readonly check?: boolean;
  readonly rewrite?: boolean;
}

export function addSet(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('set')
    .description('the limits of one VM ad hoc, the same way as a playbook sets them')
    .argument('<host>', 'a host of the inventory')
    .argument('<domain>', "the VM's libvirt name, taken literally, or its UUID")
    .requiredOption('--nic <which>', '1-based position as in `virsh domiflist`, a MAC, or all')
    .option('--rate <rate>', 'average, peak and burst of both directions, e.g. 10MB/s')
    .option('--inbound <limit>', 'what the VM receives: RATE, AVERAGE,PEAK,BURST[,FLOOR] or unlimited')
    .option('--outbound <limit>', 'what the VM sends: RATE, AVERAGE,PEAK,BURST or unlimited')
    .addOption(
      new Option('--apply-to <state>', "which of libvirt's states")
        .choices(['both', 'live', 'config'])
        .default('both'),
    );
  addRewriteOption(addRunningOptions(addInventoryOptions(command)))
    .option('-C, --check', 'dry run: read only, exit 2 when a change is pending')
    .option('-D, --diff', 'show the difference in full, with the command')
    .action(async (host: string, domain: string, options: SetOptions) => {
      exit(await set(host, domain, options));
    });
}

async function set(host: string, domain: string, options: SetOptions): Promise<number> {
  const reports = await openReports(options.report);
  const play = madePlay(`set ${domain} on ${host}`, host, [toRule(options)]);
  const prepared = await openProject({ made: [play] }, options);
  const name = `set ${domain}`;
  const edited = editArgs<NicLimitsArgs>(prepared.plays, (args) => ({
    ...args,
    rewrite: options.rewrite ?? false,
    rules: args.rules.map((rule) => ({
      ...rule,
      name,
      exact: [domain],
      domain: { include: [domain], exclude: [], literal: true },
    })),
  }));
  const plays = edited.map((job) => ({ ...job, rules: job.rules.map((rule) => ({ ...rule, name })) }));
  if (plays.flatMap((p) => p.batches.flat()).length !== 1) {
    throw inputError(`"${host}" is not one host`, 'name one host of the inventory');
  }
  const result = await execute({
    prepared: { ...prepared, plays },
    view: 'changes',
    check: options.check ?? false,
    diff: options.diff ?? false,
    verbose: options.verbose ?? false,
    forks: 1,
    mustRun: true,
    reports,
    playbooks: [],
  });
  return result.exitCode;
}

/** The rule that the options spell, in the form that a playbook has it. */
function toRule(options: SetOptions): object {
  const { nic, rate, inbound, outbound, applyTo } = options;
  return {
    // A VM's name is no glob and no template, so it is put in once the rule is read.
    name: 'set',
    domain: '*',
    required: true,
    nic: /^\d+$/.test(nic) ? Number(nic) : nic.includes(':') ? { mac: nic } : nic,
    ...(rate === undefined ? {} : { rate: bare(rate) }),
    ...(inbound === undefined ? {} : { inbound: toLimit(inbound) }),
    ...(outbound === undefined ? {} : { outbound: toLimit(outbound) }),
    apply_to: applyTo,
  };
}

/** `1Gbit/s`, or libvirt's order: `1Gbit/s,2Gbit/s,64MiB`. */
function toLimit(text: string): unknown {
  if (!text.includes(',')) return bare(text);
  const [average, peak, burst, floor, ...more] = text.split(',').map((field) => field.trim());
  if (more.length > 0) {
    throw inputError(`"${text}" has too many fields`, 'average,peak,burst[,floor]');
  }
  const fields = Object.entries({ average, peak, burst, floor }).filter(
    ([, value]) => value !== undefined && value !== '',
  );
  return Object.fromEntries(fields.map(([name, value]) => [name, bare(value as string)]));
}

/** A number without a unit is libvirt's own unit, as in YAML. */
function bare(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}
