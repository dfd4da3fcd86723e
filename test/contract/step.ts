import { mac } from './guests.ts';

/** A string is one argument, virsh's batch form; an array is several. */
export type Step =
  | string
  | readonly string[]
  | { readonly dump: string; readonly mac: string; readonly inactive?: true; readonly nth?: number }
  | { readonly tc: string; readonly mac: string }
  /** What a description has of memory, CPU, block I/O and the limits of its disks. */
  | { readonly tuning: string; readonly inactive?: true }
  | { readonly missing: readonly ('sfq' | 'police')[] }
  /** Runs APPLY_PROGRAM with these commands and reads the guests back. */
  | { readonly apply: readonly string[]; readonly uuids: readonly string[] };

export interface Transcript {
  readonly title: string;
  readonly ovs?: true;
  readonly steps: readonly Step[];
}

/** MACs of the guests' NICs. */
export const run = (nic: number) => mac(1, nic);
export const off = (nic: number) => mac(2, nic);
export const temp = (nic: number) => mac(3, nic);

export const live = (nic: number): Step => ({ dump: 'ct-run', mac: run(nic) });
export const tc = (nic: number): Step => ({ tc: 'ct-run', mac: run(nic) });
export const config = (nic: number): Step => ({ dump: 'ct-run', mac: run(nic), inactive: true });
export const offConfig = (nic: number): Step => ({ dump: 'ct-off', mac: off(nic), inactive: true });

/** What the running guest of tuning_guests.ts has. */
export const tuning: Step = { tuning: 'ct-tune' };
export const tuningConfig: Step = { tuning: 'ct-tune', inactive: true };
