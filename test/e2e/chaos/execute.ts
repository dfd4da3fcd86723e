import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAIN, type Ran, type Started, start } from '../lab.ts';
import type { Disk } from './disk.ts';
import { type Lines, reached } from './moments.ts';
import {
  type Command,
  type Kill,
  LAST,
  type Operator,
  type Rate,
  type Scenario,
  WATCHED,
} from './scenario.ts';
import { type Watch, watchOf } from './watches.ts';
import type { World } from './world.ts';

/** One command as it was called, and how it ended. */
export interface Called {
  /** Stands in the record, so that each run is told from all others; '' where nothing is recorded. */
  readonly reason: string;
  readonly state: string;
  readonly kind: Command['kind'] | 'apply' | 'confirm' | 'watch';
  readonly plan: string | null;
  readonly killed: boolean;
  readonly ran: Ran;
}

/** Where the commands of a scenario find and leave their files. */
export interface Desk {
  readonly world: World;
  readonly dir: string;
  /** By machine, the folder of its record. */
  readonly disks: readonly Disk[];
  /** All that was ever started, so that nothing stays where a seed fails. */
  readonly started: Started[];
  /** What {@link reached} knows of the records. */
  readonly lines: Lines;
}

/** virtune with these words. */
export type Begin = (...words: readonly string[]) => Started;

const beginIn =
  ({ started }: Desk): Begin =>
  (...words) => {
    const one = start(process.execPath, [MAIN, ...words]);
    started.push(one);
    return one;
  };

/** What a scenario came to. */
export interface Executed {
  /** In the order in which they ended. */
  readonly calls: readonly Called[];
  /** How long it took from quiet to what watches declare; null without a watch. */
  readonly settledMs: number | null;
}

/** Does all that a scenario says. */
export async function execute(scenario: Scenario, desk: Desk): Promise<Executed> {
  const { world, disks } = desk;
  const calls: Called[] = [];
  const watches = Array.from({ length: scenario.watches }, (_, index): Watch => {
    const play = playbook(desk, `watch-${index + 1}`, WATCHED, 'chaos-*');
    const words = ['watch', play, ...world.inventory, '--state-dir', disks[index]!.folder];
    return watchOf(() => beginIn(desk)(...words), disks[index]!.folder, calls);
  });
  if (watches.length > 0) await untilAll(world, WATCHED);
  const filled: Promise<void>[] = [];
  let done = false;
  const events = async (): Promise<void> => {
    for (const { when, event } of scenario.events) {
      await reached(when, desk, () => done, watches.length > 0 ? IDLE : BUSY);
      if (event.kind === 'fill') {
        const before = calls.length;
        filled.push(disks[event.machine]!.fill(event.forMs, () => done || calls.length > before));
      } else if (event.kind === 'watch') await watches[event.index % watches.length]!.again();
      else await world.act(event);
    }
  };
  const operating = scenario.operators.map((operator, index) =>
    operate(operator, `op${index + 1}`, desk, calls),
  );
  if (operating.length > 0)
    void Promise.allSettled(operating).then(() => {
      done = true;
    });
  await Promise.all([events(), ...operating]);
  await Promise.all(filled);
  await world.heal();
  if (watches.length === 0) return { calls, settledMs: null };
  const settledMs = await untilAll(world, WATCHED);
  await Promise.all(watches.map((watch) => watch.end()));
  return { calls, settledMs };
}

/** For longer than a watch waits between two tries of whatever has failed. */
const PATIENCE = 90_000;

/** Where all may be as declared for long, so that nothing is written. */
const IDLE = 5000;

/** Commands come to an end by themselves, however slow a machine is. */
const BUSY = 120_000;

/** Waits until all NICs have a limit in both states. @returns how long that took, in milliseconds */
async function untilAll(world: World, limit: Rate): Promise<number> {
  const begin = Date.now();
  for (;;) {
    const other = (await world.look()).filter(
      ({ limits: { live, config } }) => live !== limit || config !== limit,
    );
    if (other.length === 0) return Date.now() - begin;
    if (Date.now() - begin > PATIENCE)
      throw new Error(`not as declared in the end: ${JSON.stringify(other)}`);
    await sleep(50);
  }
}

async function operate(
  { machine, doings }: Operator,
  name: string,
  desk: Desk,
  calls: Called[],
): Promise<void> {
  const state = desk.disks[machine]!.folder;
  for (const [index, { pauseMs, command, kill, trial }] of doings.entries()) {
    await sleep(pauseMs);
    const reason = `${name}-${index + 1}`;
    const call = async (
      kind: Called['kind'],
      words: readonly string[],
      plan: string | null,
      how: Kill | null,
      why = '',
    ) => {
      const own = `${reason}${why}`;
      const recorded = kind === 'plan' ? [] : ['--reason', own, '--state-dir', state];
      const within =
        trial === null || kind === 'plan' || kind === 'confirm'
          ? []
          : ['--confirm-within', `${trial.seconds}s`];
      const started = beginIn(desk)(...words, ...within, ...recorded);
      const killed = how === null ? false : await killWhen(started, how, desk);
      calls.push({ reason: kind === 'plan' ? '' : own, state, kind, plan, killed, ran: await started.ended });
    };
    const { inventory } = desk.world;
    switch (command.kind) {
      case 'run': {
        const play = playbook(desk, reason, command.rate, command.vm ?? 'chaos-*');
        await call('run', ['run', play, ...inventory, '--forks', String(command.forks)], null, kill);
        break;
      }
      case 'set':
        await call(
          'set',
          [
            'set',
            hostOfName(command.vm, desk.world),
            command.vm,
            ...inventory,
            '--nic',
            'all',
            '--inbound',
            `${command.rate}kB/s`,
          ],
          null,
          kill,
        );
        break;
      case 'rollback':
        await call('rollback', ['rollback', 'last', ...inventory], null, kill);
        break;
      case 'plan': {
        const play = playbook(desk, reason, command.rate, 'chaos-*');
        const file = join(desk.dir, `${reason}.plan`);
        await call('plan', ['plan', play, ...inventory, '-o', file], file, null);
        if (!existsSync(file)) break;
        const apply = (how: Kill | null, why: string) =>
          call('apply', ['apply', file, ...inventory], file, how, why);
        if (command.apply === 'at once') await Promise.all([apply(kill, '-a'), apply(null, '-b')]);
        else await apply(kill, '-a');
        if (command.apply === 'again') await apply(null, '-b');
      }
    }
    if (trial?.confirm == null) continue;
    const { how, afterMs, kill: killed } = trial.confirm;
    await sleep(afterMs);
    const confirm = (one: Kill | null, why: string) =>
      call('confirm', ['confirm', 'last', ...inventory], null, one, why);
    if (how === 'at once') await Promise.all([confirm(killed, '-c'), confirm(null, '-d')]);
    else await confirm(killed, '-c');
    if (how === 'again') await confirm(null, '-d');
  }
}

/** @returns whether it was still there to be killed */
async function killWhen({ child, ended }: Started, { signal, when }: Kill, desk: Desk): Promise<boolean> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  await reached(when, desk, () => over, BUSY);
  return !over && child.kill(signal);
}

/** Where a VM was at the beginning: `chaos-2-1` on the second host. */
const hostOfName = (vm: string, { hosts }: World): string => hosts[Number(vm.split('-')[1]) - 1] ?? '';

function playbook({ dir }: Desk, name: string, rate: Rate, domain: string): string {
  const file = join(dir, `${name}.yml`);
  const rules = [{ name, domain, inbound: rate }];
  mkdirSync(dir, { recursive: true });
  writeFileSync(file, JSON.stringify([{ name, hosts: 'all', tasks: [{ nic_limits: { rules } }] }]));
  return file;
}

/** One run that nothing disturbs, with what it says. */
export async function settle(desk: Desk, rate = LAST): Promise<Ran> {
  const play = playbook(desk, 'last', rate, 'chaos-*');
  const words = [
    'run',
    play,
    ...desk.world.inventory,
    '--reason',
    'last',
    '--state-dir',
    desk.disks[0]!.folder,
  ];
  return beginIn(desk)(...words).ended;
}
