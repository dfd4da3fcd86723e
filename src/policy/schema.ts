import { MODULES } from '../modules/index.ts';
import { SELECTOR_PROPERTIES } from '../modules/selectors/schema.ts';
import { some, windows } from '../modules/selectors/times_schema.ts';
import { EFFECTS } from './policy.ts';

/** The form of a policy file as JSON Schema: validated by ajv, read by editors. */

export const words = (description: string) => ({
  description,
  type: ['string', 'array'],
  minLength: 1,
  minItems: 1,
  items: { type: 'string', minLength: 1 },
});

export const map = (description: string, properties: object, more: object = {}) => ({
  description,
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties,
  ...more,
});

const claims = (description: string) => ({
  description,
  type: 'object',
  minProperties: 1,
  additionalProperties: words('Texts that the claim may have; globs.'),
});

export const party = (description: string) =>
  some(
    map(
      description,
      {
        user: words('Names of this machine’s users, of whom one runs virtune; globs.'),
        group: words('Names of groups of this machine, one of which the user who runs virtune is in; globs.'),
        github: claims('Claims of a token of GitHub Actions: repository, ref, environment, actor, …; globs.'),
        gitlab: claims(
          'Claims of a token of GitLab CI: project_path, ref, ref_protected, user_login, …; globs.',
        ),
        api: map('Who calls virtune’s API.', {
          project: words('Projects; globs.'),
          role: words('Roles; globs.'),
        }),
      },
      { maxProperties: 1 },
    ),
  );

const amount = (description: string) => ({ description, type: ['string', 'number'] });
const factor = (description: string) => ({ description, type: 'number', exclusiveMinimum: 1 });

const bound = map('What it may be.', {
  lowest: amount('The least that may be set, as a rule of the module writes it: "1 Mbit/s".'),
  highest: amount('The most that may be set, as a rule of the module writes it: "10 Gbit/s".'),
  factor: {
    description:
      'How many times as much or as little as before it may become at once: 10, or up and down apart.',
    type: ['number', 'object'],
    exclusiveMinimum: 1,
    additionalProperties: false,
    minProperties: 1,
    properties: { up: factor('How many times as much.'), down: factor('How many times less.') },
  },
  unlimited: {
    description:
      'Whether no limit may be set, and given to what has none: refuse (the default: it is above every highest and beyond every factor) or allow.',
    enum: ['refuse', 'allow'],
  },
});

const limits = map(
  'What may be set, by module and measure; a measure may be a glob: "*.average". The rule is about changes that ask for anything else.',
  Object.fromEntries(
    MODULES.map(({ name, summary, measures }) => [
      name,
      {
        description: `${summary}: ${measures.map((one) => one.name).join(', ')}.`,
        type: 'object',
        minProperties: 1,
        properties: Object.fromEntries(measures.map((one) => [one.name, bound])),
        additionalProperties: bound,
      },
    ]),
  ),
);

const count = (description: string) => ({ description, type: 'integer', minimum: 1 });

const perRun = map(
  'The most that one run may change of what the rule names. Where a batch is more, the rule is about all that it names in that batch.',
  {
    subjects: count('So many NICs, disks and the like.'),
    vms: count('So many VMs.'),
    hosts: count('So many hosts.'),
    share: {
      description: 'Such a share of the hosts that the rule names: "10%".',
      type: 'string',
      pattern: '^(?!0+(?:\\.0*)?%)(?:100|[1-9]?[0-9](?:\\.[0-9]+)?)%$',
      'x-expected': 'a share such as "10%"',
    },
  },
);

const { domain, match: all } = SELECTOR_PROPERTIES;

/** A policy knows VMs by the changes that it judges, and those do not say what a cloud says of them. */
const { server: _, ...conditions } = all.properties;
const match = { ...all, properties: conditions };

export const POLICY_RULE_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: {
      description: 'What the rule is for; refusals name it, and --confirm takes it.',
      type: 'string',
      minLength: 1,
    },
    effect: {
      description:
        'What becomes of changes that the rule is about: deny (the default) refuses them, confirm asks for them, warn tells of them.',
      enum: EFFECTS,
    },
    hosts: words('Hosts, as in plays: an Ansible pattern, or a list of them.'),
    domain,
    match,
    module: {
      description: `The module that makes the change, or a list of them: ${MODULES.map(({ name }) => name).join(', ')}.`,
      type: ['string', 'array'],
      if: { type: 'string' },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { enum: MODULES.map(({ name }) => name) },
      else: { minItems: 1, items: { enum: MODULES.map(({ name }) => name) } },
    },
    when: {
      description:
        'A condition as of tasks, or a list of them, over host, groups, domain, subject, module, desired, before, identity and run.',
      type: ['string', 'boolean', 'array'],
      items: { type: ['string', 'boolean'] },
    },
    by: party('Who makes the run.'),
    not_by: party('The rule is about runs of everybody else.'),
    during: windows('Only in these weekly windows.'),
    not_during: windows('Only outside of these weekly windows.'),
    limits,
    in_one_run: perRun,
  },
};

const issuer = (description: string, required: readonly string[], more: object = {}) =>
  map(
    description,
    {
      jwks: {
        description: 'The file of the issuer’s public keys (a JSON Web Key Set), from this file’s folder.',
        type: 'string',
        minLength: 1,
      },
      audience: { description: 'For whom the token must be made (`aud`).', type: 'string', minLength: 1 },
      issuer: {
        description: 'Who must have made it (`iss`).',
        type: 'string',
        pattern: '^https://',
        'x-expected': 'an address that begins with https://',
      },
    },
    { required, ...more },
  );

export const POLICY_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['rules'],
  properties: {
    rules: {
      description: 'Rules in any order: of those about a change the gravest effect counts.',
      type: 'array',
      minItems: 1,
      items: POLICY_RULE_SCHEMA,
    },
    identities: map(
      'Whose tokens are believed. A token is checked against keys in a file: nobody is asked.',
      {
        github: issuer('Tokens of GitHub Actions; the issuer is GitHub’s own where it is absent.', [
          'jwks',
          'audience',
        ]),
        gitlab: issuer('Tokens of GitLab CI.', ['jwks', 'audience', 'issuer']),
      },
    ),
  },
};
