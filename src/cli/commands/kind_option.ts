import { Option } from 'commander';
import { KINDS } from '../../api/made_play.ts';
import { withValues } from '../completion/values.ts';

/** `--kind nic,disk`, or repeated: it takes one word, so that the pattern of hosts may stand after it. */
export function kindOption(): Option {
  const option = new Option('--kind <kind>', `only limits of these kinds, with commas: ${KINDS.join(', ')}`);
  return withValues(
    option.argParser((text, before: readonly string[] = []) => [...before, ...text.split(',')]),
    KINDS,
  );
}
