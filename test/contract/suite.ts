import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { networksFact } from '../../src/facts/networks.ts';
import { nicsFact } from '../../src/facts/nics.ts';
import { keepPaths } from '../../src/facts/read.ts';
import { APPLY_PROGRAM } from '../../src/libvirt/apply_script.ts';
import { renderProgram } from '../../src/libvirt/script.ts';
import type { CommandOutput } from '../../src/sim/virsh.ts';
import type { Guest } from './guests.ts';
import { nicElement, normalise, normaliseProgram, tuningOf } from './normalise.ts';
import type { ContractPart } from './parts.ts';
import type { Step, Transcript } from './step.ts';

/** A host that the transcripts run on, simulated or real. */
export interface ContractHost {
  readonly hasOvs: boolean;
  virsh(...argv: readonly string[]): Promise<CommandOutput>;
  /** A command line for the host's login shell. */
  shell(line: string): Promise<CommandOutput>;
  /** Parts that the host's kernel is to lack from now on: live limits that need them fail halfway. */
  breakTc(missing: readonly ('sfq' | 'police')[]): Promise<void>;
  /** What the kernel has for a NIC's tap. */
  tc(domain: string, mac: string): Promise<TcState>;
  /** Makes the guests anew, whatever is left of them, on a sound kernel. */
  prepare(guests: readonly Guest[]): Promise<void>;
  close(): Promise<void>;
}

/** Kind of the root qdisc, kB/s of the class below it (0 for none), and whether there is an ingress qdisc. */
export interface TcState {
  readonly root: string;
  readonly rate: number;
  readonly ingress: boolean;
}

type Answer = { readonly command: string; readonly code: number; readonly out: string; readonly err: string };

/**
 * Holds the simulation and reality together: both must answer every step of the transcripts alike.
 * @param start a host, or the reason why there is none here
 */
export function contractSuite(
  name: string,
  part: ContractPart,
  start: () => Promise<ContractHost | string>,
  record = false,
): void {
  describe(`${name}, ${part.name}`, () => {
    // What real libvirt 9.0.0 answered; `VIRTUNE_CONTRACT_RECORD=1` with a lab writes it anew.
    const file = join(import.meta.dirname, part.expected);
    let host: ContractHost | undefined;
    let missing = '';
    const recorded: Record<string, readonly Answer[]> = JSON.parse(readFileSync(file, 'utf8'));
    beforeAll(async () => {
      const started = await start();
      if (typeof started === 'string') missing = started;
      else host = started;
    }, 1_200_000);
    afterAll(async () => {
      await host?.close();
    });
    for (const transcript of part.transcripts) {
      it(transcript.title, async (context) => {
        if (host === undefined) return context.skip(missing);
        if (transcript.ovs === true && !host.hasOvs)
          return context.skip('this lab has no Open vSwitch: up --ovs');
        const answers = await play(host, part, transcript);
        if (record) {
          recorded[transcript.title] = answers;
          writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`);
        } else expect(answers).toEqual(recorded[transcript.title]);
      });
    }
  });
}

async function play(
  host: ContractHost,
  { guests }: ContractPart,
  transcript: Transcript,
): Promise<readonly Answer[]> {
  await host.prepare(guests.filter((guest) => (guest.ovs === true) === (transcript.ovs === true)));
  const answers: Answer[] = [];
  for (const step of transcript.steps) answers.push(await perform(host, step));
  return answers;
}

async function perform(host: ContractHost, step: Step): Promise<Answer> {
  if (typeof step === 'string') return answer(step, await host.virsh(step));
  if ('dump' in step) {
    const argv = ['dumpxml', step.dump, ...(step.inactive ? ['--inactive'] : [])];
    const { stdout, stderr, code } = await host.virsh(...argv);
    const nic = nicElement(stdout, step.mac, step.nth ?? 1);
    return answer(`${argv.join(' ')} | nic ${step.mac}`, { stdout: nic, stderr, code });
  }
  if ('tc' in step) {
    const { root, rate, ingress } = await host.tc(step.tc, step.mac);
    const stdout = `root ${root}, rate ${rate}${ingress ? ', ingress' : ''}`;
    return answer(`tc of ${step.tc} ${step.mac}`, { stdout, stderr: '', code: 0 });
  }
  if ('tuning' in step) {
    const argv = ['dumpxml', step.tuning, ...(step.inactive ? ['--inactive'] : [])];
    const output = await host.virsh(...argv);
    return answer(`${argv.join(' ')} | tuning`, { ...output, stdout: tuningOf(output.stdout) });
  }
  if ('missing' in step) {
    await host.breakTc(step.missing);
    return answer(`the kernel lacks [${step.missing.join(', ')}]`, { stdout: '', stderr: '', code: 0 });
  }
  if ('apply' in step) {
    const args = [
      'M',
      'qemu:///system',
      keepPaths([nicsFact, networksFact]).join(' '),
      step.uuids.join(' '),
      '',
      '',
      '',
      step.apply.join(';'),
    ];
    const output = await host.shell(renderProgram(APPLY_PROGRAM, args));
    return answer(`apply ${step.apply.join(';')}`, { ...output, stdout: normaliseProgram(output.stdout) });
  }
  return answer(step.map((word) => JSON.stringify(word)).join(' '), await host.virsh(...step));
}

function answer(command: string, { stdout, stderr, code }: CommandOutput): Answer {
  return { command, code, out: normalise(stdout), err: normalise(stderr) };
}
