import { compileGlob } from '../base/glob.ts';

/** What somebody may be known by: the operating system, a CI platform's token, later the API's own login. */
export const IDENTITY_KINDS = ['user', 'github', 'gitlab', 'api'] as const;
export type IdentityKind = (typeof IDENTITY_KINDS)[number];

/** Who makes a run, as far as one kind goes; a run may have several. */
export interface Identity {
  readonly kind: IdentityKind;
  /** A user has a `name` and `groups`, a token its claims, the API `project` and `role`. Texts, or lists of texts. */
  readonly claims: Readonly<Record<string, string | readonly string[]>>;
}

/** A description of identities: every claim that it names must match. */
export interface Party {
  readonly kind: IdentityKind;
  readonly claims: readonly { readonly name: string; readonly matches: (text: string) => boolean }[];
}

/** `{ github: { repository: "org/*" } }` as the schema has let it through; `user` takes names alone. */
export type RawParty = Readonly<
  Partial<
    Record<IdentityKind, string | readonly string[] | Readonly<Record<string, string | readonly string[]>>>
  >
> & { readonly group?: string | readonly string[] };

export function toParties(raw: RawParty | readonly RawParty[]): readonly Party[] {
  return ([raw].flat() as readonly RawParty[]).flatMap((one) => [
    ...(one.group === undefined ? [] : [groupParty([one.group].flat())]),
    ...IDENTITY_KINDS.flatMap((kind) => {
      const written = one[kind];
      if (written === undefined) return [];
      const claims =
        typeof written === 'string' || Array.isArray(written)
          ? { name: written as string | readonly string[] }
          : (written as Readonly<Record<string, string | readonly string[]>>);
      return [
        {
          kind,
          claims: Object.entries(claims).map(([name, words]) => ({ name, matches: anyOf([words].flat()) })),
        },
      ];
    }),
  ]);
}

/** Members of groups of the operating system. */
function groupParty(words: readonly string[]): Party {
  return { kind: 'user', claims: [{ name: GROUPS, matches: anyOf(words) }] };
}

const GROUPS = 'groups';

/** Whether it must be known in which groups of the operating system the user is. */
export function asksForGroups(parties: readonly Party[] | null): boolean {
  return parties?.some(({ claims }) => claims.some(({ name }) => name === GROUPS)) === true;
}

/** Whether one of the identities is one of those that are described. */
export function isBy(parties: readonly Party[], identities: readonly Identity[]): boolean {
  return parties.some((party) => identities.some((identity) => fits(party, identity)));
}

function fits({ kind, claims }: Party, identity: Identity): boolean {
  return (
    identity.kind === kind &&
    claims.every(({ name, matches }) => {
      const value = Object.hasOwn(identity.claims, name) ? identity.claims[name] : undefined;
      return value !== undefined && [value].flat().some(matches);
    })
  );
}

/** `user alice`, `github example/fleet`: for messages. */
export function identityText({ kind, claims }: Identity): string {
  const name = claims.name ?? claims.repository ?? claims.project_path ?? claims.project ?? claims.sub ?? '';
  return `${kind} ${[name].flat().join(', ')}`.trim();
}

function anyOf(words: readonly string[]): (text: string) => boolean {
  const globs = words.map(compileGlob);
  return (text) => globs.some((glob) => glob(text));
}
