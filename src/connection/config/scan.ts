/**
 * What the configuration files say, as far as it decides whether two hosts get the same answer of `ssh -G`. What
 * the settings are is never taken from here: only OpenSSH itself decides that.
 */
export interface ConfigScan {
  readonly blocks: readonly Block[];
  /** Whether a host's name after HostName counts for a pattern too (`Match host`). */
  readonly matchesResolved: boolean;
  /** Every value of HostName, with `%h` for a host that has none. */
  readonly hostNames: readonly string[];
  /** Those of them that are in no `Host` block. */
  readonly looseHostNames: readonly string[];
  /** Lower case names of all settings: those that are not here have OpenSSH's defaults. */
  readonly keywords: ReadonlySet<string>;
  /** False where no two hosts are sure to get the same answer (Match exec, %h in a path, ...). */
  readonly shareable: boolean;
}

/** A `Host` block, or a `Match` with a host or originalhost pattern. */
export interface Block {
  readonly patterns: readonly string[];
  /** Blocks with the same number say the same, their HostName aside. */
  readonly body: number;
  readonly hostNames: readonly string[];
}

/** More values of HostName than this are not tried on each pattern of a `Match host`. */
const MANY_NAMES = 20;

/** Settings whose %-tokens `ssh -G` leaves alone, or that are of no interest here. */
const TOKENS_LEFT =
  /^(identityfile|certificatefile|proxycommand|controlpath|localcommand|remotecommand|(local|remote|dynamic)forward|setenv|sendenv|hostname|knownhostscommand)$/;
/** Criteria that do not tell hosts apart; what hangs on the user is asked for each user. */
const MATCH_FIXED = new Set(['all', 'localuser', 'user']);

/** Scans the texts of all files that OpenSSH reads, in any order. Pure, never throws. */
export function scanConfig(texts: readonly string[]): ConfigScan {
  const heads: { patterns: string[]; lines: string[]; hostNames: string[] }[] = [];
  const [hostNames, loose, keywords] = [new Set(['%h']), new Set<string>(), new Set<string>()];
  let [matchesResolved, shareable, nested] = [false, true, false];
  for (const text of texts) {
    let block: (typeof heads)[number] | null = null;
    let begun = false;
    for (const line of text.split('\n')) {
      const found = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line);
      if (found === null) continue;
      const keyword = (found[1] as string).toLowerCase();
      const value = found[2] as string;
      const plain = value.replaceAll('"', '');
      if (keyword === 'host') {
        block = { patterns: plain.split(/[\s,]+/).filter((word) => word !== ''), lines: [], hostNames: [] };
        heads.push(block);
        begun = true;
      } else if (keyword === 'match') {
        const match = readMatch(plain);
        // Each Match is a case of its own: no other block counts as the same.
        for (const patterns of match.patterns)
          heads.push({ patterns, lines: [`match ${heads.length}`], hostNames: [] });
        matchesResolved ||= match.resolved;
        shareable &&= match.shareable;
        block = null;
        begun = true;
      } else {
        keywords.add(keyword);
        if (keyword === 'hostname') {
          hostNames.add(plain);
          if (block) block.hostNames.push(plain);
          else loose.add(plain);
          continue;
        }
        block?.lines.push(`${keyword} ${value}`);
        shareable &&= sameForAll(keyword, value);
        // What it brings in belongs to the block, and can't be told from the rest here.
        nested ||= keyword === 'include' && begun;
      }
    }
  }
  const bodies = new Map<string, number>();
  const blocks = heads.map(({ patterns, lines, hostNames }, index) => {
    const text = nested ? String(index) : lines.join('\n');
    const body = bodies.get(text) ?? bodies.size;
    bodies.set(text, body);
    return { patterns, body, hostNames };
  });
  if (matchesResolved && hostNames.size > MANY_NAMES) shareable = false;
  return {
    blocks,
    matchesResolved,
    hostNames: [...hostNames],
    looseHostNames: nested ? [...hostNames] : [...loose],
    keywords,
    shareable,
  };
}

/** Whether `ssh -G` prints a setting alike for all the hosts that it holds for. */
function sameForAll(keyword: string, value: string): boolean {
  if (keyword === 'canonicalizehostname') return /^"?no"?$/i.test(value);
  // A hash of the connection, which is no other host's.
  if (value.includes('%C') && /^(identity|certificate)file$/.test(keyword)) return false;
  return !value.includes('%') || TOKENS_LEFT.test(keyword);
}

function readMatch(plain: string): {
  readonly patterns: readonly string[][];
  readonly resolved: boolean;
  readonly shareable: boolean;
} {
  const outcome = { patterns: [] as string[][], resolved: false, shareable: true };
  // Lists are separated by commas within one word here, unlike those of Host.
  const parts = plain.split(/(?:\s*=\s*|\s+)/).filter((word) => word !== '');
  for (let at = 0; at < parts.length; at++) {
    const criterion = (parts[at] as string).toLowerCase().replace(/^!/, '');
    if (MATCH_FIXED.has(criterion)) {
      if (criterion !== 'all') at++;
    } else if (criterion === 'host' || criterion === 'originalhost') {
      outcome.patterns.push((parts[++at] ?? '').split(','));
      outcome.resolved ||= criterion === 'host';
    } else {
      outcome.shareable = false;
      return outcome;
    }
  }
  return outcome;
}
