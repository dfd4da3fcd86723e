/** What was read from one host in one visit. */
export interface HostFacts {
  readonly domains: readonly Domain[];
  /** Domains that the host lists but whose description could not be read, with the reason. */
  readonly unreadable: readonly { readonly uuid: string; readonly name: string; readonly error: string }[];
  /** How many more domains the host lists: they were not read, since nothing that was asked can be about them. */
  readonly notRead?: number;
  /** What it gives back by itself unless somebody confirms the runs that set it; absent where there is nothing. */
  readonly trials?: readonly TrialEntry[];
  /** What was asked for of the host itself, by the names of the facts (facts/fact.ts). */
  readonly parts: Readonly<Record<string, unknown>>;
}

/** A virtual machine. */
export interface Domain {
  readonly uuid: string;
  readonly name: string;
  readonly title: string;
  readonly state: DomainState;
  /** Of this start, counted by the host's libvirt; absent where it does not run. */
  readonly id?: number;
  readonly persistent: boolean;
  /** A saved image waits: the next start restores it, with the live limits that it had. */
  readonly managedSave: boolean;
  /** Both descriptions as the host sent them, by which a write knows that the domain is as it was. */
  readonly text?: { readonly live: string; readonly config: string };
  /** What was asked for, by the names of the facts (facts/fact.ts). */
  readonly parts: Readonly<Record<string, Part>>;
}

/** One kind of fact in both of libvirt's states; null for a state that the domain does not have. */
export interface Part<T = unknown> {
  readonly live: T | null;
  readonly config: T | null;
}

/** `other` stands for libvirt's rare ones: in shutdown, crashed, pmsuspended. */
export type DomainState = 'running' | 'paused' | 'shutoff' | 'other';

/** What a host gives back of one subject unless somebody confirms the run that sets it. */
export interface TrialEntry {
  readonly run: string;
  /** Until when it waits, in ISO form; null where the host does not tell. */
  readonly until: string | null;
  /** Of the VM. */
  readonly uuid: string;
  /** What the subject is in a description, and the word by which it is known among its like; '' for the VM itself. */
  readonly element: string;
  readonly key: string;
  /** By name of a word of that description: what the run sets, and what was before; '' for nothing. */
  readonly words: readonly { readonly name: string; readonly set: string; readonly before: string }[];
  /** The run takes away what there is before it sets anything. */
  readonly clears: boolean;
}
