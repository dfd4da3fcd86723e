import { runsIn } from '../../record/folder.ts';
import { historyOf } from '../../record/history.ts';
import { plainNames } from './names.ts';

/** So many of the newest runs are read: a TAB waits for it. */
const RUNS = 5;

/**
 * VMs of a host by what the newest runs of the record have written there: no host is asked.
 * @param state the folder of the record; what cannot be read of it has no VMs
 */
export async function recordedVms(state: string, host: string): Promise<readonly string[]> {
  const runs = (await runsIn(state).catch(() => [])).slice(0, RUNS);
  const wanted = { is: (change: { readonly host: string }) => change.host === host, words: [host] };
  const read = runs.map(async (run) => (await historyOf(state, run, wanted)).made.map((one) => one.change));
  const changes = (await Promise.all(read.map((one) => one.catch(() => [])))).flat();
  return plainNames(new Set(changes.map(({ domain }) => domain.name)));
}
