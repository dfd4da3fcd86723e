import type { Due, Trigger } from './schedule.ts';

/** Why a hypervisor is looked at: `after Started Booted of web-01`. Names are as the host has them. */
export function whyText({ triggers, event }: Pick<Due, 'triggers' | 'event'>): string {
  if (event !== undefined) return `after ${event.word} of ${event.name}`;
  const [first] = triggers;
  return first === undefined ? '' : WORDS[first];
}

const WORDS = {
  start: 'after it was connected to',
  reconnect: 'after it was connected to again',
  event: 'after an event',
  rest: 'after a look at some VMs alone',
  touched: "after libvirt's files changed",
  queues: "after the kernel's queues changed",
  interval: 'after its regular time',
  again: 'after the time to try again',
  window: 'after a rule began or ended, or a step was due',
  clock: 'after the clock of this machine was set',
  reload: 'after files were read again',
  asked: 'after it was asked for',
} as const satisfies Record<Trigger, string>;
