import type { OpenedProject } from '../api/open.ts';
import type { WaiversInput } from '../gates/waivers.ts';
import { changedSince, collectReads, type Reads } from '../project/reads.ts';
import { keepHeapSmall } from './keep_heap_small.ts';
import type { InventoryOptions, RunningOptions, ShardOptions, TagOptions } from './options.ts';
import { guardOf, type PolicyOptions } from './policy.ts';
import { openProject } from './project.ts';
import { askSecrets } from './secrets.ts';
import { keepLast } from './service.ts';
import { vaultOf } from './vault.ts';
import { holdWaivers, readWaivers, type WaiverOptions } from './waivers.ts';

/** Between looks at whether files have changed. What changes is read once it was the same at two looks. */
const LOOK_MS = 2_000;

type FileOptions = InventoryOptions &
  RunningOptions &
  TagOptions &
  ShardOptions &
  PolicyOptions &
  WaiverOptions & { readonly check?: boolean };

/** Without what would hold the inventory with all variables of all hosts, those of other shards among them. */
type KeptProject = Omit<OpenedProject, 'hostsOf' | 'layersOf'>;

/** What a watch's files say: the last that could be read whole. */
export interface WatchedFiles<T = unknown> {
  readonly now: () => {
    readonly project: KeptProject;
    readonly waivers?: WaiversInput | undefined;
    readonly guard: Awaited<ReturnType<typeof guardOf>>;
    readonly more: T;
  };
  /**
   * Reads them again. @returns whether they could be read; else what is wrong was told, and nothing is other
   * @param tells warnings that were told before, too
   */
  readonly read: (tells: boolean) => Promise<boolean>;
  /** Something that was read, or looked for, has changed and is the same for a while. Ends with `close`. */
  readonly onChange: (changed: () => void) => void;
  readonly close: () => void;
}

/**
 * @param more reads what else a command needs of files, each time
 * @throws InputError with all that is wrong, at first
 */
export async function openWatched<T = null>(
  playbooks: readonly string[],
  options: FileOptions,
  more: () => Promise<T> = async () => null as T,
): Promise<WatchedFiles<T>> {
  keepHeapSmall();
  // Nobody is asked twice for what he has typed.
  const secrets = options.askPass || options.askBecomePass ? once(() => askSecrets(options)) : undefined;
  const asksVault = options.askVaultPass || options.vaultId?.some((id) => id.endsWith('@prompt'));
  const vault = asksVault ? await vaultOf(options) : undefined;
  const [told, failures] = [new Set<string>(), new Set<string>()];
  const open = async (tells: boolean) => {
    if (tells) told.clear();
    const project = await openProject({ playbooks }, options, { secrets, vault, told });
    const given = await readWaivers(options.waivers, []);
    const { input } = await holdWaivers(given, project, { tellExpired: tells });
    const guard = await guardOf(project.policy, options);
    const { hostsOf: _, layersOf: __, ...kept } = project;
    return { project: kept, waivers: input, guard, more: await more() };
  };
  const first = new Map<string, string>();
  let now = await collectReads(first, () => open(true));
  let reads: Reads = first;
  const follower = following(() => reads);
  return {
    now: () => now,
    read: async (tells) => {
      const next = new Map<string, string>();
      try {
        now = await collectReads(next, () => open(tells));
        reads = next;
        failures.clear();
        return true;
      } catch (error) {
        if (tells) failures.clear();
        await keepLast(error, failures);
        // A file that kept others from being read is not the only one that may be put right.
        reads = new Map([...reads, ...next]);
        return false;
      } finally {
        follower.again();
      }
    },
    onChange: follower.start,
    close: follower.close,
  };
}

/** Looks at files now and then: so links that are swapped, other file systems and containers' mounts are heard of, too. */
function following(reads: () => Reads) {
  let [last, told] = ['', ''];
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const look = async (changed: () => void): Promise<void> => {
    const of = reads();
    const found = await changedSince(of);
    // Read again meanwhile: that was another question.
    if (of === reads()) {
      if (found !== '' && found === last && found !== told) {
        told = found;
        changed();
      }
      last = found;
    }
    wait(changed);
  };
  const wait = (changed: () => void): void => {
    if (!over) timer = setTimeout(() => void look(changed), LOOK_MS).unref();
  };
  return {
    start: wait,
    again: () => {
      [last, told] = ['', ''];
    },
    close: () => {
      over = true;
      clearTimeout(timer);
    },
  };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
