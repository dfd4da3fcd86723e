import type { Command } from 'commander';
import { madePlay, variableTasks } from '../../api/made_play.ts';
import { plural } from '../../base/text.ts';
import { addHelp } from '../help.ts';
import {
  addInventoryOptions,
  addLimitOption,
  addReportOption,
  addStrictOption,
  type InventoryOptions,
  type StrictOptions,
} from '../options.ts';
import { addPolicyOption, type PolicyOptions } from '../policy.ts';
import { openProject, refuseWarnings } from '../project.ts';
import { openValidateReports, reported, VALIDATE_FORMATS } from '../validate_reports.ts';
import { addWaiversOption, holdWaivers, readWaivers, type WaiverOptions } from '../waivers.ts';

interface ValidateOptions
  extends InventoryOptions,
    StrictOptions,
    WaiverOptions,
    Pick<PolicyOptions, 'policy'> {
  readonly report?: readonly string[];
}

export function addValidate(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('validate')
    .summary('check inventory and playbooks without connecting')
    .description('Checks inventory and playbooks without connecting, and tells all errors at once.')
    .argument('[playbook...]', 'playbooks; without any, the inventory alone');
  addInventoryOptions(
    addWaiversOption(
      addPolicyOption(addStrictOption(addReportOption(addLimitOption(command), VALIDATE_FORMATS))),
    ),
  ).action(async (playbooks: readonly string[], options: ValidateOptions) => {
    // Rules that hosts have in the usual variable are looked at without a playbook, too.
    const everyHost = madePlay('inventory', 'all', variableTasks());
    const source = playbooks.length > 0 ? { playbooks } : { made: [everyHost] };
    const reports = await openValidateReports(options.report);
    const prepared = await reported(reports, playbooks, options, async () => {
      const waivers = await readWaivers(options.waivers, options.report);
      const project = await openProject(source, { ...options, strict: false }, { visits: false });
      const { strict = false } = options;
      return (await holdWaivers(waivers, project, { strict, tellExpired: true })).prepared;
    });
    refuseWarnings(prepared.warnings, options);
    const hosts = new Set(prepared.plays.flatMap((play) => play.batches.flat().map((job) => job.name)));
    const files =
      playbooks.length > 0
        ? `${plural(playbooks.length, 'playbook')}, ${plural(prepared.plays.length, 'play')}, `
        : '';
    const stream = reports.some(({ file }) => file === null) ? process.stderr : process.stdout;
    stream.write(`valid: ${files}${plural(hosts.size, 'host')}\n`);
    exit(0);
  });
  addHelp(command, {
    examples: [
      ['a playbook with its inventory', 'virtune validate limits.yml -i inventory/'],
      ['what a pull request does to files, on their lines', 'virtune validate limits.yml --report github'],
      ['the inventory alone, in CI', 'virtune validate --strict'],
    ],
    exits: { 0: 'everything is valid', 1: 'there are errors; with --strict, or warnings' },
    page: 'playbooks.md',
  });
}
