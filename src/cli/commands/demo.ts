import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '../../engine/exit_code.ts';
import { paintFor } from '../../report/style.ts';
import { execute } from '../execute.ts';
import { addHelp } from '../help.ts';
import { fileOfPackage } from '../package.ts';
import { openProject } from '../project.ts';

const PLAYBOOK = 'playbooks/nic-limits.yml';
const INVENTORY = 'inventory';

export function addDemo(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('demo')
    .summary('check, apply and run again on a simulated fleet')
    .description(
      'Starts a simulated fleet on loopback SSH and runs the shipped playbook on it: in check mode, applied, and again. Touches nothing else.',
    )
    .action(async () => exit(await demo()));
  addHelp(command, {
    examples: [['from a bare clone, too', 'virtune demo']],
    exits: { 0: 'it went as it is meant to', 3: 'it did not' },
    page: 'how-it-works.md',
  });
}

/** Everything below is the normal path, over real SSH on the loopback; only the hypervisors behind it are simulated. */
async function demo(): Promise<number> {
  const [{ startSimFleet }, { demoFleet }, { writeFleetFiles }] = await Promise.all([
    import('../../sim/sshd.ts'),
    import('../../sim/demo_fleet.ts'),
    import('../../sim/fleet_files.ts'),
  ]);
  const dir = await mkdtemp(join(tmpdir(), 'virtune-demo-'));
  const fleet = await startSimFleet(demoFleet());
  try {
    const { inventory } = await writeFleetFiles(fleet, dir);
    say(
      `A simulated fleet of ${fleet.hosts.length} hypervisors listens on loopback SSH. Nothing else is touched.`,
    );
    const pending = await step('--check', { check: true, diff: true }, inventory);
    const applied = await step('', { check: false, diff: false }, inventory);
    const again = await step('', { check: false, diff: false }, inventory);
    const asExpected = pending === EXIT.pending && applied === EXIT.ok && again === EXIT.ok;
    say(
      asExpected
        ? 'Check mode showed the differences, the run applied them, the second run changed nothing.'
        : '',
    );
    return asExpected ? EXIT.ok : EXIT.failed;
  } finally {
    await fleet.close();
    await rm(dir, { recursive: true, force: true });
  }
}

interface Mode {
  readonly check: boolean;
  readonly diff: boolean;
}

async function step(flag: string, mode: Mode, fleetInventory: string): Promise<number> {
  const playbook = fileOfPackage(PLAYBOOK);
  say(`$ virtune run ${PLAYBOOK} -i ${INVENTORY}/ ${flag}${mode.diff ? ' --diff' : ''}`.trimEnd());
  const options = { inventory: [fileOfPackage(INVENTORY), fleetInventory], forks: 50 };
  const prepared = await openProject({ playbooks: [playbook] }, { ...options, unguarded: true });
  const result = await execute({
    ...mode,
    prepared,
    view: 'changes',
    verbose: false,
    listAll: false,
    rewrite: false,
    forks: options.forks,
    reports: [],
  });
  say(`exit status ${result.exitCode}`);
  return result.exitCode;
}

function say(text: string): void {
  if (text !== '') process.stdout.write(`\n${paintFor(process.stdout)('bold', text)}\n\n`);
}
