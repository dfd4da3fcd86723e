import type { FailOn } from '../engine/exit_code.ts';
import type { Observer } from '../engine/observer.ts';
import type { Change } from '../model/change.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { RunResult, ShardOf } from '../model/result.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Files and what is said about them, as the options of `virtune run` have it. Relative names are those of the working folder. */
export interface ProjectInput {
  /** Files, run in this order. */
  readonly playbooks: readonly string[];
  /** Files, folders, or lists of hosts with a comma: `hv01,`. */
  readonly inventory: readonly string[];
  /** Patterns: only hosts that each of them names. */
  readonly limit?: readonly string[] | undefined;
  /** Variables over all others; or as `-e` takes them: `key=value`, JSON, `@FILE`. */
  readonly extraVars?: Readonly<Record<string, unknown>> | readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly skipTags?: readonly string[] | undefined;
  /** For `order: shuffle`: the order of an earlier run. */
  readonly seed?: number | undefined;
  /** What time it is taken to be, for rules and policies in time; the clock's when absent. */
  readonly now?: Date | undefined;
  /** Only the hosts of this part of the run. */
  readonly shard?: ShardOf | undefined;
  /** `FILE` or `ID@FILE`: passwords of what ansible-vault has encrypted. */
  readonly vaultPasswordFiles?: readonly string[] | undefined;
  readonly connection?: ConnectionInput | undefined;
  readonly become?: BecomeInput | undefined;
  /**
   * What is known of the environment: for `lookup('env', …)`, HOME, SSH_AUTH_SOCK, and tokens of ssh_config. Nothing
   * when absent. Programs that are started (ssh, inventories) inherit the environment of the process as ever.
   */
  readonly env?: Environment | undefined;
  /** What templates are told: `ansible_check_mode`. `plan` and `run` set it where they open the project themselves. */
  readonly check?: boolean | undefined;
  /**
   * What may not be changed; `VIRTUNE_POLICY` of `env`, or each virtune.policy.yml beside the playbooks and in the
   * working folder, when absent.
   */
  readonly policy?: string | undefined;
  /** A file of known differences that are left as they are, and do not count, until their time is over. */
  readonly waivers?: string | undefined;
  /** A warning is an error. */
  readonly strict?: boolean | undefined;
}

/** How hosts are reached where the inventory does not say. */
export interface ConnectionInput {
  readonly user?: string | undefined;
  readonly privateKeyFile?: string | undefined;
  /** To log in with. */
  readonly password?: string | undefined;
  /** To connect, in seconds; 20 when absent. */
  readonly timeoutSeconds?: number | undefined;
  /** For a host in all, in seconds; no limit when absent. */
  readonly hostTimeoutSeconds?: number | undefined;
  readonly knownHostsFile?: string | undefined;
  readonly acceptNewHostKeys?: boolean | undefined;
}

/** Another user on the hosts, where the inventory does not say. */
export interface BecomeInput {
  readonly become?: boolean | undefined;
  /** `sudo` when absent. */
  readonly method?: string | undefined;
  /** `root` when absent. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** Files that were read and resolved without a mistake; no host was contacted. What `plan` and `run` take. */
export interface Project {
  readonly plays: readonly {
    readonly play: { readonly name: string };
    /** Hosts in the order in which they are taken. */
    readonly batches: readonly (readonly { readonly name: string }[])[];
  }[];
  readonly playbooks: readonly string[];
  readonly inventory: readonly string[];
  /** Names of all hosts of the inventory. */
  readonly hosts: readonly string[];
  readonly warnings: readonly Diagnostic[];
}

/** How a project is run; each as the option of `virtune run` of that name. */
export interface RunOptions {
  /** Hosts at once; 50 when absent. */
  readonly forks?: number | undefined;
  /** List what no rule names too. */
  readonly all?: boolean | undefined;
  /** Set what is in force in running VMs also where libvirt describes it as declared. */
  readonly rewrite?: boolean | undefined;
  /** Look at what the kernel of each host does, too, whatever the tasks say. */
  readonly verify?: 'libvirt' | 'kernel' | undefined;
  /** Seconds to wait for a host that somebody else is writing to; 75 when absent, 0 for not at all. */
  readonly lockWait?: number | undefined;
  /** The folder of a record of runs: what the run writes is recorded there, as `--state-dir` has it. Without it nowhere. */
  readonly stateDir?: string | undefined;
  /**
   * Seconds: unless the run is confirmed in that time (`virtune confirm`), its hosts give back by themselves what they
   * had before, even if this process and the line to them are gone. Until then only running VMs are set. The run needs
   * a record.
   */
  readonly confirmWithin?: number | undefined;
  /** A VM named without wildcards that no host has is a warning, not an error. */
  readonly missingOk?: boolean | undefined;
  /** Every warning counts: `exitCode` is 1. */
  readonly strict?: boolean | undefined;
  /** What makes `exitCode` another than 0, instead of pending, failed, unreachable and refused. */
  readonly failOn?: readonly FailOn[] | undefined;
  /** The result of an earlier run, by which each difference says why it is there. */
  readonly baseline?: RunResult | undefined;
  /** Once it is aborted no new host begins; hosts that have begun are finished and verified. `exitCode` is 130. */
  readonly signal?: AbortSignal | undefined;
  /** Once it is aborted everything ends at once: what is not known of a host is `unreachable`. */
  readonly abort?: AbortSignal | undefined;
  /** Hears what happens as it happens. What it throws stops the run as `signal` does, and is thrown at its end. */
  readonly on?: Observer | undefined;
  /** Asked for passphrases of keys, once each; null for no answer. Without it nobody is asked. */
  readonly ask?: ((prompt: string) => Promise<string | null>) | undefined;
  /** For the record: who ran it; the user of the process when absent. */
  readonly user?: string | undefined;
  /** For the record: by which command; empty when absent. */
  readonly command?: string | undefined;
}

/** Where the run is recorded, how its hosts are reached, and how it is run. */
export interface ConfirmOptions
  extends Pick<
      ProjectInput,
      'limit' | 'extraVars' | 'vaultPasswordFiles' | 'connection' | 'become' | 'env' | 'strict'
    >,
    Pick<RunOptions, 'forks' | 'lockWait' | 'signal' | 'abort' | 'on' | 'ask' | 'user' | 'command'> {
  /** The folder of the record that has the run; the confirm is recorded there, too. */
  readonly stateDir: string;
  /** That of the run when absent. */
  readonly inventory?: readonly string[] | undefined;
}

/** What a run would do. Nothing was written. */
export interface Plan extends RunResult {
  readonly mode: 'check';
  /** What would be written, in the order of the inventory: each one is in `hosts`, too. */
  readonly changes: readonly Change[];
}
