import { ConnectionError } from '../connection/connection.ts';
import { newMarker } from '../connection/marker.ts';
import type { Session } from '../connection/session.ts';
import type { Fact } from '../facts/fact.ts';
import { devicePaths, hostFacts, keepPaths, kernelWords } from '../facts/read.ts';
import { type AnswerError, hungDomain, parseReadAnswer, type ReadAnswer } from '../libvirt/answer.ts';
import { PRINTED_UUID } from '../libvirt/named_script.ts';
import { type ReadLine, readLines } from '../libvirt/script.ts';
import type { HostFacts } from '../model/facts.ts';
import { type HostAccess, withOutside } from './outside.ts';
import { isTooLong } from './too_long.ts';

/** So many VMs of a host may keep libvirt from answering; each costs a deadline. */
const MAX_HUNG = 3;

/** What is enough to read of a host, where tasks are about a few VMs that they name one by one. */
export interface Few {
  /** Names and UUIDs of these VMs. */
  readonly named: readonly string[];
  /** Whether a read of them alone says as much of them as a read of all VMs would. */
  readonly enough: (facts: HostFacts) => boolean;
}

type HostRead = { readonly facts: HostFacts } | { readonly error: AnswerError };

/**
 * Reads what these facts need of a host, and once more without each VM for which libvirt did not answer before the
 * deadline: such a VM is unreadable, and keeps nobody from the others. Enforcers are asked after that, each once.
 * @param few the VMs that matter, null for all. Where one of them is not found by what its row of the list shows, all
 *   are read
 * @throws ConnectionError
 */
export async function readHost(
  session: Session,
  access: HostAccess,
  facts: readonly Fact[],
  few: Few | null = null,
): Promise<HostRead> {
  const read = await readLibvirt(session, access, facts, few);
  if ('error' in read) return read;
  return { facts: await withOutside(read.facts, facts, access.enforcers) };
}

async function readLibvirt(
  session: Session,
  access: HostAccess,
  facts: readonly Fact[],
  few: Few | null,
): Promise<HostRead> {
  const hung = new Map<string, string>();
  if (few !== null) {
    const read = await readNamed(session, access, facts, few.named, hung).catch((error: unknown) => {
      if (isTooLong(error)) return null;
      throw error;
    });
    if (read !== null && ('error' in read || isEnough(read.facts, few))) return read;
  }
  return readNamed(session, access, facts, [], hung);
}

function isEnough(facts: HostFacts, { named, enough }: Few): boolean {
  if (facts.notRead === undefined) return true;
  const names = new Set(facts.domains.map(({ name }) => name));
  // A UUID that the list lacks is not on the host; names count as their descriptions say.
  return named.every((word) => PRINTED_UUID.test(word) || names.has(word)) && enough(facts);
}

async function readNamed(
  session: Session,
  { uri, virsh }: HostAccess,
  facts: readonly Fact[],
  named: readonly string[],
  hung: Map<string, string>,
): Promise<HostRead> {
  const [keep, devices, kernel] = [keepPaths(facts), devicePaths(facts), kernelWords(facts)];
  for (;;) {
    const request = { uri, virsh, keep, devices, kernel };
    const { first, others } = readLines(request, [...hung.keys()], named, newMarker);
    const { marker } = first;
    try {
      const read = await ask(session, first, hung);
      if ('error' in read) return read;
      const found = new Map(read.answer.devices);
      for (const other of others) {
        const more = await ask(session, other);
        if ('error' in more) return more;
        for (const [path, device] of more.answer.devices) found.set(path, device);
      }
      return { facts: hostFacts({ ...read.answer, devices: found }, facts) };
    } catch (error) {
      if (!(error instanceof ConnectionError) || error.said === undefined) throw error;
      const uuid = hungDomain(marker, error.said.stdout, error.said.stderr);
      if (uuid === null || hung.has(uuid) || hung.size === MAX_HUNG) throw error;
      hung.set(
        uuid,
        `libvirt did not answer for it: ${error.message} (virsh domjobinfo ${uuid} tells of jobs)`,
      );
    }
  }
}

async function ask(
  session: Session,
  { marker, line }: ReadLine,
  left?: ReadonlyMap<string, string>,
): Promise<ReadAnswer> {
  const { stdout, stderr } = await session.exec(line);
  return parseReadAnswer(marker, stdout, stderr, left);
}
