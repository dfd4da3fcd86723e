import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG } from '../long.ts';
import { drawnSize } from './draw.ts';
import { type BadLine, type Passed, startBadLine } from './faults/bad_line.ts';
import {
  drawFault,
  type Fault,
  KINDS,
  type Lengths,
  noLengths,
  PLACES,
  withoutWriting,
} from './faults/fault.ts';
import { type Alias, declare, LAB_HOSTS, removeFleet, sshdOf, startFleet, writeRun } from './faults/fleet.ts';
import { judge } from './faults/judge.ts';
import { PHASES } from './faults/phases.ts';
import { seededRandom } from './faults/random.ts';
import { quiet, type State, stateOf } from './faults/truth.ts';
import { LAB, type Played, play } from './lab.ts';

/**
 * Connections that are cut, stalled, delayed and corrupted at random places, on their way to real hosts. Whatever
 * happens, a run accounts for every host, tells the truth about each NIC, and the next one puts right what was left.
 *
 * VIRTUNE_FAULT_SEED replays the faults of a run: what a connection suffers is drawn from the seed, the run, the host
 * and the number of its connections before in that run.
 */

const SEED = process.env.VIRTUNE_FAULT_SEED ?? String(randomInt(2 ** 31));
/** A share of them after every change; all of them with VIRTUNE_LONG=1 (`npm run test:long`). */
const FAULTS = LONG ? 1000 : drawnSize(150, 75);
/** Every so many runs one only checks. */
const CHECK_EVERY = 6;
/** In seconds, so that a stall costs little. */
const SHORT = {
  ansible_timeout: 1.5,
  ansible_command_timeout: 2,
  virtune_handshake_timeout: 1.5,
  virtune_auth_timeout: 1.5,
  virtune_host_timeout: 4.5,
};

describe.skipIf(LAB === '')('a fleet behind bad lines', { concurrent: false }, () => {
  const lines = new Map<string, BadLine>();
  let aliases: Alias[];
  let state: Map<string, State>;
  /** The number of the run, from 1; 0 while nothing is to go wrong. */
  let run = 0;
  /** Of a connection that reads and writes. */
  let whole: Lengths = noLengths();
  /** Of the next connections. */
  let lengths: Lengths = noLengths();

  beforeAll(async () => {
    aliases = await startFleet();
    for (const { name, labHost } of aliases) {
      let [attempt, last] = [0, 0];
      const draw = (): Fault | null => {
        if (run === 0) return null;
        attempt = run === last ? attempt + 1 : 1;
        last = run;
        return drawFault(seededRandom(`${SEED}/${run}/${name}/${attempt}`), lengths);
      };
      lines.set(name, await startBadLine(sshdOf(labHost), draw));
    }
    state = await look();
  });
  afterAll(async () => {
    await Promise.all([...lines.values()].map((line) => line.close()));
    await removeFleet();
  });

  const look = async () =>
    new Map(await Promise.all(LAB_HOSTS.map(async (host) => [host, await stateOf(host)] as const)));

  /** One run of virtune that declares the limits of this number, judged. */
  const trial = async (number: number, { check = false, vars = {} } = {}): Promise<Played> => {
    const declared = declare(aliases, number);
    const ports = new Map([...lines].map(([name, { port }]) => [name, port]));
    const written = writeRun(aliases, ports, declared, vars);
    const played = await play(written, '--forks', '60', ...(check ? ['--check'] : []));
    await Promise.all([...lines.values()].map((line) => line.release()));
    await Promise.all(LAB_HOSTS.map(quiet));
    const before = state;
    state = await look();
    judge({ check, aliases, declared, played, before, after: state });
    return played;
  };

  const passed = (): Passed[] => [...lines.values()].flatMap(({ connections }) => connections);
  const harmed = (): Fault[] => passed().flatMap(({ fault, harmed }) => (harmed && fault ? [fault] : []));
  const statuses = ({ report }: Played) => [...new Set(report.hosts.map(({ status }) => status))];

  /** What the connections have suffered since each host had so many, for the one who looks into a failure. */
  const tell = (from: ReadonlyMap<string, number>): string =>
    [...lines]
      .map(([name, { connections }]) => {
        const own = connections
          .slice(from.get(name))
          .map(({ fault, harmed }) => `${harmed ? '' : 'not reached: '}${JSON.stringify(fault)}`);
        return `${name}: ${own.join('; ')}`;
      })
      .join('\n');

  it('learns what a connection without faults is like', async () => {
    const played = await trial(1);
    expect([played.code, statuses(played)]).toEqual([0, ['changed']]);
    expect(passed()).toHaveLength(aliases.length);
    const shortest = noLengths();
    for (const direction of ['up', 'down'] as const) {
      for (const phase of PHASES)
        shortest[direction][phase] = Math.min(...passed().map((each) => each.lengths[direction][phase]));
    }
    whole = shortest;
    for (const [phase, direction] of PLACES)
      expect(whole[direction][phase], `${phase} ${direction}`).toBeGreaterThan(0);
  });

  it(`${FAULTS} faults: every run accounts for all hosts and tells the truth (VIRTUNE_FAULT_SEED=${SEED})`, {
    timeout: 600_000,
  }, async () => {
    while (harmed().length < FAULTS) {
      run++;
      const check = run % CHECK_EVERY === 0;
      lengths = check ? withoutWriting(whole) : whole;
      const from = new Map([...lines].map(([name, { connections }]) => [name, connections.length]));
      await trial(run + 1, { check, vars: SHORT }).catch((error: Error) => {
        error.message = `run ${run} of VIRTUNE_FAULT_SEED=${SEED}: ${error.message}\n${tell(from)}`;
        throw error;
      });
    }
    // A share is too few to have met everything.
    if (!LONG) return;
    const faults = harmed();
    const count = (wanted: (fault: Fault) => boolean) => faults.filter(wanted).length;
    for (const [phase, direction] of PLACES) {
      const hits = count(
        (fault) => fault.phase === phase && 'direction' in fault && fault.direction === direction,
      );
      expect(hits, `faults of ${phase}, ${direction}`).toBeGreaterThanOrEqual(5);
    }
    for (const phase of ['answer', 'write', 'outcome'] as const) {
      const hits = count((fault) => fault.phase === phase);
      expect(hits, `faults of ${phase}`).toBeGreaterThanOrEqual(50);
    }
    for (const kind of KINDS) {
      const hits = count(({ harm }) => harm.kind === kind);
      expect(hits, `faults of kind ${kind}`).toBeGreaterThanOrEqual(20);
    }
  });

  it('converges in one run once the lines are good again, and the next one changes nothing', async () => {
    const last = run + 1;
    run = 0;
    const played = await trial(last);
    expect(played.code, played.stdout).toBe(0);
    const again = await trial(last);
    expect([again.code, statuses(again)]).toEqual([0, ['ok']]);
  });
});
