import { didYouMeanHint } from '../base/suggest.ts';
import type { Change, DomainRef, Setting, Value } from '../model/change.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import { hasErrors } from '../model/diagnostic.ts';
import { moduleNamed } from '../modules/index.ts';
import { compileSchema } from '../schema/schema.ts';
import { keyPlaceOf, placeOf } from '../yaml/places.ts';
import type { PolicyCase, PolicyCases } from './cases.ts';
import { CASES_SCHEMA, type Verdict } from './cases_schema.ts';
import type { Identity, IdentityKind, RawParty } from './identity.ts';

const validate = compileSchema(CASES_SCHEMA);

type Written = string | number | null;

/** As the schema lets it through. */
interface RawFile {
  readonly policy: string;
  readonly inventory?: string | readonly string[];
  readonly cases: readonly RawCase[];
}

interface RawCase {
  readonly name: string;
  readonly changes: string | readonly RawChange[];
  readonly identity?: RawIdentity | readonly RawIdentity[];
  readonly at?: string;
  readonly check?: boolean;
  readonly expect: readonly RawExpected[];
}

type RawIdentity = RawParty;

interface RawExpected {
  readonly host?: string | readonly string[];
  readonly domain?: string | readonly string[];
  readonly subject?: string | readonly string[];
  readonly module?: string | readonly string[];
  readonly verdict: Verdict;
  readonly rule?: string;
}

interface RawChange {
  readonly host: string;
  readonly domain: string;
  readonly module: string;
  readonly subject?: string;
  readonly state?: DomainRef['state'];
  readonly persistent?: boolean;
  readonly title?: string;
  readonly nova?: Readonly<Partial<Record<'name' | 'flavor' | 'project' | 'user', string>>>;
  readonly before?: Readonly<Record<string, Written>>;
  readonly desired: Readonly<Record<string, Written>>;
}

/** Reads a file of `virtune policy test`, with all that is wrong in it. */
export function parseCases(
  value: unknown,
  file: string,
): { readonly cases: PolicyCases | null; readonly diagnostics: readonly Diagnostic[] } {
  const start: Place = { file, line: 1, column: 1 };
  const diagnostics = [...validate(value ?? {}, start)];
  if (hasErrors(diagnostics)) return { cases: null, diagnostics };
  const raw = value as RawFile;
  const cases = raw.cases.map((one, index) => toCase(one, placeOf(raw.cases, index) ?? start, diagnostics));
  if (hasErrors(diagnostics)) return { cases: null, diagnostics };
  const inventory = raw.inventory === undefined ? undefined : [raw.inventory].flat();
  return { cases: { policy: raw.policy, inventory, cases }, diagnostics };
}

function toCase(raw: RawCase, place: Place, diagnostics: Diagnostic[]): PolicyCase {
  return {
    name: raw.name,
    place,
    changes:
      typeof raw.changes === 'string'
        ? raw.changes
        : raw.changes.map((one, index) => toChange(one, index, diagnostics)),
    identities: ([raw.identity ?? []].flat() as readonly RawIdentity[]).flatMap(toIdentities),
    at: raw.at === undefined ? null : new Date(raw.at),
    check: raw.check ?? false,
    expect: raw.expect.map(({ verdict, rule, ...names }, index) => ({
      names: Object.entries(names).map(([key, words]) => [key, [words].flat()] as const),
      verdict,
      rule,
      place: placeOf(raw.expect, index) ?? place,
    })),
  };
}

function toIdentities(raw: RawIdentity): readonly Identity[] {
  const { group, ...others } = raw;
  const named = (Object.entries(others) as [IdentityKind, RawIdentity[IdentityKind]][]).map(
    ([kind, written = '']): Identity => ({
      kind,
      claims:
        typeof written === 'string' || Array.isArray(written)
          ? { name: written as string | readonly string[] }
          : (written as Identity['claims']),
    }),
  );
  return group === undefined ? named : [...named, { kind: 'user', claims: { groups: [group].flat() } }];
}

/** A change that is to be written, as a run would have planned it: of both states alike. */
function toChange(raw: RawChange, index: number, diagnostics: Diagnostic[]): Change {
  const { host, domain, module: name, subject, title, nova } = raw;
  const { kind, settings, measures } = moduleNamed(name);
  const read = (key: 'before' | 'desired', setting: string): Value => {
    const written = raw[key]?.[setting];
    if (typeof written !== 'string') return written ?? null;
    if (written === 'unlimited') return null;
    const parsed = measures.find((one) => one.name === setting)?.parse(written);
    if (parsed === undefined) return written;
    if (parsed.ok) return parsed.value;
    const { message, hint } = parsed;
    diagnostics.push({ severity: 'error', message, hint, place: placeOf(raw[key], setting) });
    return null;
  };
  for (const key of ['before', 'desired'] as const)
    for (const setting of Object.keys(raw[key] ?? {}))
      if (!settings.some((one) => one.name === setting)) diagnostics.push(noSetting(raw, key, setting));
  const label = subject ?? (settings.length > 0 ? `${kind} 1` : '');
  return {
    module: name,
    play: '',
    task: '',
    host,
    domain: {
      uuid: `${host} ${domain}`,
      name: domain,
      state: raw.state ?? 'running',
      persistent: raw.persistent ?? true,
      ...(title === undefined ? {} : { title }),
      nova: nova === undefined ? null : toNova(nova),
    },
    subject: { kind, key: `${label} ${subject === undefined ? index : ''}`, label },
    settings: settings.map(
      ({ name: setting, unit }): Setting => ({
        name: setting,
        unit,
        desired: Object.hasOwn(raw.desired, setting) ? both(read('desired', setting)) : {},
        ...both(read('before', setting)),
      }),
    ),
    rules: [],
    steps: [{ commands: [] }],
    status: 'pending',
    after: null,
  };
}

function both(value: Value): { readonly live: Value; readonly config: Value } {
  return { live: value, config: value };
}

function toNova({ name = '', flavor = '', project = '', user = '' }: NonNullable<RawChange['nova']>) {
  return { name, flavor, project: { name: project, uuid: project }, user: { name: user, uuid: user } };
}

function noSetting(raw: RawChange, key: 'before' | 'desired', setting: string): Diagnostic {
  const names = moduleNamed(raw.module).settings.map((one) => one.name);
  return {
    severity: 'error',
    message: `${raw.module} has no setting "${setting}"`,
    hint: didYouMeanHint(setting, names) ?? `it has ${names.join(', ')}`,
    place: keyPlaceOf(raw[key], setting),
  };
}
