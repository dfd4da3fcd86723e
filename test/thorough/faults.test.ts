import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostJob, PlayJob } from '../../src/engine/job.ts';
import { runPlays } from '../../src/engine/run.ts';
import type { DesiredLimits, Limits } from '../../src/facts/bandwidth.ts';
import { hostFacts } from '../../src/facts/read.ts';
import { parseReadAnswer } from '../../src/libvirt/answer.ts';
import { renderRead } from '../../src/libvirt/script.ts';
import type { HostResult } from '../../src/model/result.ts';
import { nicLimits } from '../../src/modules/nic_limits/index.ts';
import { defineDomain } from '../../src/sim/define.ts';
import { writeFleetFiles } from '../../src/sim/fleet_files.ts';
import { type SimHost, simHost } from '../../src/sim/model.ts';
import type { ExecFault } from '../../src/sim/ssh_faults.ts';
import { startSimFleet } from '../../src/sim/sshd.ts';
import { full, sweep, sweptOf } from '../sweep.ts';
import { connector, ssh2Session } from '../unit/connection/connected.ts';
import { keep } from '../unit/facts/parse.ts';
import { args, rate, rule } from '../unit/modules/build.ts';

/**
 * Answers that are cut or changed inside of the SSH channel, where nothing but the frame of the programs can notice
 * it. Every case is a simulated host of its own: what the report says of it is held against what it then has.
 */

const MAC = '52:54:00:00:00:01';
const OTHER_MAC = '52:54:00:00:00:02';
const OTHER: Limits = { inbound: rate(11, 22, 33), outbound: rate(44) };

interface Case {
  /** Of the execs of each connection, in turn: the first reads, the second writes. */
  readonly execs: readonly ExecFault[];
  readonly old: Limits;
  readonly desired: DesiredLimits;
  /** There is another VM, which no rule names. */
  readonly crowded?: boolean;
}

interface Outcome {
  readonly result: HostResult;
  /** What the case's NIC has in the end. */
  readonly live: Limits;
  readonly config: Limits;
  /** What the NIC of the other VM has, live and persistent. */
  readonly other: readonly (Limits | null | undefined)[];
}

const NONE: Limits = { inbound: null, outbound: null };
const OLD: Limits = { inbound: rate(100), outbound: rate(20, 40, 8) };
const NEW: Limits = { inbound: rate(300, 600, 64), outbound: rate(70) };

function hypervisor(name: string, { old, crowded = false }: Case): SimHost {
  const host = simHost(name);
  const nic = (mac: string, { inbound, outbound }: Limits) => ({
    mac,
    source: { bridge: 'br0' },
    ...(inbound === null ? {} : { inbound }),
    ...(outbound === null ? {} : { outbound }),
  });
  defineDomain(host, { name: 'vm', nics: [nic(MAC, old)] });
  if (crowded) defineDomain(host, { name: 'other', nics: [nic(OTHER_MAC, OTHER)] });
  return host;
}

/** Servers for all cases, and how to reach each. */
async function start(cases: readonly Case[]) {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-faults-'));
  const hosts = cases.map((each, index) => hypervisor(`hv${index}`, each));
  const faults = Object.fromEntries(cases.map(({ execs }, index) => [`hv${index}`, { execs }]));
  const fleet = await startSimFleet(hosts, { faults });
  await writeFleetFiles(fleet, dir);
  const job = (index: number): HostJob => {
    const { name, address, port } = fleet.hosts[index]!;
    const { execs, desired } = cases[index]!;
    return {
      name,
      uri: 'qemu:///system',
      target: {
        kind: 'ssh',
        host: name,
        address,
        port,
        user: 'root',
        privateKeyFile: join(dir, 'id_ed25519'),
        knownHostsFiles: [join(dir, 'known_hosts')],
        acceptNewHostKeys: false,
        connectTimeoutMs: 30_000,
        idleTimeoutMs: execs.some(({ cut }) => cut?.how === 'hang') ? 300 : 30_000,
        execTimeoutMs: 30_000,
      },
      tasks: [
        { name: 'limits', module: nicLimits, args: args([rule({ nic: { mac: MAC }, limits: desired })]) },
      ],
    };
  };
  const close = async () => {
    await fleet.close();
    rmSync(dir, { recursive: true });
  };
  return { hosts, fleet, job, close };
}

/** Runs all cases at once; each has a result. */
async function play(cases: readonly Case[]): Promise<Outcome[]> {
  const { hosts, job, close } = await start(cases);
  try {
    const place = { file: 'p.yml', line: 1, column: 1 };
    const play: PlayJob = {
      play: { name: 'p', file: 'p.yml', place, hosts: 'all', hostsPlace: place, vars: {}, tasks: [] },
      batches: [cases.map((_, index) => job(index))],
      rules: [],
    };
    const never = new AbortController().signal;
    const options = { check: false, forks: 100, retryDelayMs: 1 };
    const outcome = await runPlays(connector, [play], options, { stopping: never, abort: never }, {});
    const results = new Map(outcome.hosts.map((result) => [result.name, result]));
    expect([outcome.hosts.length, results.size]).toEqual([cases.length, cases.length]);
    return hosts.map(({ name, domains: [vm, other] }) => ({
      result: results.get(name)!,
      live: vm?.live?.[0]?.bandwidth ?? NONE,
      config: vm?.config?.[0]?.bandwidth ?? NONE,
      other: [other?.live?.[0]?.bandwidth, other?.config?.[0]?.bandwidth],
    }));
  } finally {
    await close();
  }
}

/** What must be true whatever was done to the answers. */
function judge({ old, desired, crowded }: Case, { result, live, config, other }: Outcome): void {
  // Where what a failed live set left had to be cleared, or where that is not known either, it says so.
  const told = /is now WITHOUT limits|not known what is in force/.test(result.resources[0]?.reason ?? '');
  for (const way of ['inbound', 'outbound'] as const) {
    const either = [old[way], { ...old, ...desired }[way]];
    expect(told ? [...either, null] : either).toContainEqual(live[way]);
    expect(either).toContainEqual(config[way]);
  }
  if (crowded) expect(other).toEqual([OTHER, OTHER]);
  const [nic, ...more] = result.resources;
  expect(more).toEqual([]);
  if (nic === undefined) {
    expect([live, config]).toEqual([old, old]);
    expect(['failed', 'unreachable']).toContain(result.status);
    expect([result.error, result.errorCode]).toEqual([expect.any(String), expect.any(String)]);
    return;
  }
  expect(nic.subject.mac).toBe(MAC);
  if (nic.status === 'inSync' || nic.status === 'changed') {
    const wanted = { ...old, ...desired };
    expect([live, config]).toEqual([wanted, wanted]);
    // The description of the other VM may be what was hit.
    if (result.status !== 'failed') expect(result.status).toBe(nic.status === 'changed' ? 'changed' : 'ok');
  } else {
    expect(['failed', 'unreachable', 'unsupported', 'notFound', 'busy']).toContain(nic.status);
    expect(['failed', 'unreachable']).toContain(result.status);
    expect(nic.reason).toEqual(expect.any(String));
  }
}

/** Plays all cases and judges each. @param tell what was done to one, for the message */
async function trial(cases: readonly Case[], tell: (index: number) => unknown): Promise<Outcome[]> {
  const outcomes = await play(cases);
  for (const [index, each] of cases.entries()) {
    const outcome = outcomes[index]!;
    try {
      judge(each, outcome);
    } catch (error) {
      const { result, live, config } = outcome;
      (error as Error).message += `\n${JSON.stringify({ what: tell(index), live, config, result })}`;
      throw error;
    }
  }
  return outcomes;
}

/** The answers to a read and to a write that nothing happens to. */
async function wholeAnswers(): Promise<[read: string, write: string]> {
  const seen: string[] = [];
  const look = (text: string) => text.slice(0, seen.push(text) * text.length);
  await trial([{ execs: [{ corrupt: look }], old: OLD, desired: NEW }], () => 'nothing');
  return [seen[0]!, seen[1]!];
}

const count = (outcomes: readonly Outcome[], status: string) =>
  outcomes.filter(({ result }) => result.status === status).length;

const NAMES = ['flip', 'drop', 'insert', 'double', 'dropLine', 'doubleLine', 'insertLine'] as const;

const fraction = fc.integer({ min: 0, max: 999_999 }).map((millionths) => millionths / 1_000_000);

/** Changes of a text. The place is a line and a column, each as a fraction, so that short lines are as likely as long. */
const change = fc.record({
  kind: fc.constantFrom(...NAMES),
  line: fraction,
  column: fraction,
  count: fc.integer({ min: 1, max: 80 }),
  bit: fc.integer({ min: 0, max: 6 }),
  junk: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(text: string, { kind, line, column, count, bit, junk }: Change): string {
  const lines = text.split('\n').map((content) => `${content}\n`);
  const number = Math.floor(line * (lines.length - 1));
  const start = lines.slice(0, number).join('').length;
  const next = start + lines[number]!.length;
  const index = start + Math.floor(column * (next - start));
  const [before, from] = [text.slice(0, index), text.slice(index)];
  switch (kind) {
    case 'flip':
      return before + String.fromCharCode(from.charCodeAt(0) ^ (1 << bit)) + from.slice(1);
    case 'drop':
      return before + from.slice(count);
    case 'insert':
      return before + junk + from;
    case 'double':
      return before + from.slice(0, count) + from;
    case 'dropLine':
      return text.slice(0, start) + text.slice(next);
    case 'doubleLine':
      return text.slice(0, next) + text.slice(start);
    case 'insertLine':
      return `${text.slice(0, start)}${junk}\n${text.slice(start)}`;
  }
}

/** What may happen to one exec besides. */
const trouble: fc.Arbitrary<ExecFault> = fc.oneof(
  fc.record({ delayMs: fc.integer({ min: 1, max: 40 }) }),
  fc.constant({ refuse: true }),
  fc.record({ signal: fc.constantFrom('KILL', 'TERM', 'HUP') }),
  fc.record({
    cut: fc.record({
      afterBytes: fc.integer({ min: 0, max: 2500 }),
      how: fc.constantFrom('drop' as const, 'hang' as const),
    }),
  }),
);

const SEED = Number(process.env.VIRTUNE_FAULT_SEED ?? Date.now() % 2 ** 31);

/** Small numbers and the ends of a range are no likelier than others: a place in a text is a place like any other. */
const draw = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] =>
  fc.sample(fc.noBias(arbitrary), { seed: SEED, numRuns });

describe('an answer that ends early, without a broken connection', () => {
  it('to the read: after any byte it is an error, or the facts are the same', async () => {
    const [read] = await wholeAnswers();
    const lengths = sweptOf([...new Array(read.length).keys()], SEED);
    const execs = [{}, ...lengths.map((length) => ({ corrupt: (text: string) => text.slice(0, length) }))];
    const each = { execs, old: OLD, desired: NEW };
    const { fleet, job, close } = await start([each]);
    try {
      const connection = await ssh2Session(job(0).target);
      const marker = 'vt0123456789abcdef01234567';
      const ask = async () => {
        const { stdout, stderr } = await connection.exec(
          renderRead({ marker, uri: 'qemu:///system', keep: keep({ metadata: false }) }),
        );
        return parseReadAnswer(marker, stdout, stderr);
      };
      const whole = await ask();
      expect('error' in whole ? whole : hostFacts(whole.answer, [])).toMatchObject({
        domains: [{ name: 'vm' }],
        unreadable: [],
      });
      for (const length of lengths) {
        const answer = await ask();
        // The line break at the very end says nothing.
        if (length === read.length - 1) expect(answer).toEqual(whole);
        else
          expect(answer, `${length} bytes`).toMatchObject({
            error: { kind: expect.stringMatching(/^(no_answer|cut)$/) },
          });
      }
      expect(fleet.hosts[0]?.counts).toEqual({ connections: 1, execs: lengths.length + 1 });
      connection.close();
    } finally {
      await close();
    }
  });

  it('to the write: after any byte it is a failure, or a success that is one', async () => {
    const [, write] = await wholeAnswers();
    const lengths = sweptOf([...new Array(write.length).keys()], SEED);
    const cases = lengths.map((length): Case => {
      const corrupt = (text: string) => text.slice(0, length);
      return { execs: [{}, { corrupt }], old: OLD, desired: NEW };
    });
    const outcomes = await trial(cases, (index) => lengths[index]);
    expect(outcomes.map(({ live }) => live)).toEqual(cases.map(() => NEW));
    // What could not be read back is looked at again, without the lock: that answer is cut at the same byte.
    const again = write.replace(/^\w+:taken\n/m, '');
    expect(again).not.toBe(write);
    const described = again.lastIndexOf('</domain>') + '</domain>'.length;
    for (const [index, length] of lengths.entries()) {
      const { status } = outcomes[index]!.result;
      if (length < described) expect(status, `${length} bytes`).toBe('failed');
      else expect(['failed', 'changed'], `${length} bytes`).toContain(status);
    }
  });
});

describe(`answers that were changed on the way (VIRTUNE_FAULT_SEED=${SEED})`, () => {
  it('never make the report say what is not so', async () => {
    const faults = draw(
      fc.record({
        change,
        stream: fc.constantFrom('stdout', 'stdout', 'stdout', 'stderr'),
        // The last one harms repairs too.
        exec: fc.constantFrom('read' as const, 'write' as const, 'writes' as const),
        desired: fc.constantFrom(NEW, NONE, { inbound: rate(101) }, OLD),
      }),
      sweep(1000).numRuns,
    );
    const cases = faults.map(({ change, stream, exec, desired }): Case => {
      const corrupt = (text: string) => changed(text, change);
      const fault = stream === 'stdout' ? { corrupt } : { corruptErrors: corrupt };
      const execs = { read: [fault, {}], write: [{}, fault, {}], writes: [{}, fault] }[exec];
      return { execs, old: OLD, desired, crowded: true };
    });
    const outcomes = await trial(cases, (index) => faults[index]);
    for (const status of ['ok', 'changed', 'failed'])
      expect(count(outcomes, status), status).toBeGreaterThan(full(50, 1));
  });
});

it('a row of the list that is lost, with its description there, is an error', async () => {
  const corrupt = (text: string) => text.replace(/^[0-9a-f-]{36} vm\n/m, '');
  await trial([{ execs: [{ corrupt }], old: OLD, desired: NEW, crowded: true }], () => 'the row');
});

describe(`hosts in trouble (VIRTUNE_FAULT_SEED=${SEED})`, () => {
  it('are accounted for, and the report says what is so', async () => {
    const faults = draw(fc.tuple(trouble, trouble), sweep(300, 5).numRuns);
    const cases = faults.map(([read, write], index): Case => {
      // Most must live to be written.
      const execs = index % 3 === 0 ? [read, write] : [{}, write];
      return { execs, old: OLD, desired: NEW, crowded: true };
    });
    const outcomes = await trial(cases, (index) => faults[index]);
    for (const status of ['changed', 'unreachable'])
      expect(count(outcomes, status), status).toBeGreaterThan(full(20, 0));
  });
});
