import { didYouMeanHint } from '../../base/suggest.ts';
import { type Diagnostic, hasErrors, type Place } from '../../model/diagnostic.ts';
import { compileSchema } from '../../schema/schema.ts';
import { isMap } from '../../yaml/merge.ts';
import { copyPlaces, keyPlaceOf, placeOf } from '../../yaml/places.ts';
import { ANSIBLE_ONLY, ANSIBLE_SCHEMA, OPENSTACK_SCHEMA } from './schema.ts';

/** What an inventory file asks of OpenStack. */
export interface OpenstackSource {
  /** As loadClouds of src/project takes them. */
  readonly clouds: readonly string[] | 'one' | 'all';
  /** A clouds.yaml in place of those that are looked for, as it is written. */
  readonly cloudsFile?: string | undefined;
  /** None: those of each cloud. */
  readonly regions: readonly string[];
  /** A word or a template. */
  readonly hostname: string;
  readonly address: string;
  /** The file's map, for the places of its keys. */
  readonly written: object;
  /** Where mistakes of the clouds are told. */
  readonly place: Place;
}

export interface ParsedSource {
  /** Null where it is wrong. */
  readonly source: OpenstackSource | null;
  readonly diagnostics: readonly Diagnostic[];
}

const validateOwn = compileSchema(OPENSTACK_SCHEMA);
const validateAnsible = compileSchema(ANSIBLE_SCHEMA);

const OWN = 'virtune.openstack';
const ANSIBLE: readonly string[] = ['openstack.cloud.openstack', 'openstack'];

/** Whether a file configures an inventory plugin, as Ansible tells: by its key `plugin`. */
export function isPluginFile(value: unknown): value is Readonly<Record<string, unknown>> {
  return isMap(value) && typeof value.plugin === 'string';
}

/** Reads the file of a plugin: virtune's own, or the one of Ansible's collection for OpenStack. */
export function parseOpenstackSource(value: Readonly<Record<string, unknown>>, file: string): ParsedSource {
  const plugin = String(value.plugin);
  const place = placeOf(value, 'plugin') ?? { file, line: 1, column: 1 };
  if (plugin === OWN) return own(value, place);
  if (ANSIBLE.includes(plugin)) return ansible(value, place);
  const message = `the inventory plugin "${plugin}" is not one of virtune's`;
  const hint =
    didYouMeanHint(plugin, [OWN, ...ANSIBLE]) ??
    `virtune has ${OWN}; what another one finds: ansible-inventory -i ${file} --list --yaml > hosts.yml`;
  return { source: null, diagnostics: [{ severity: 'error', message, hint, place }] };
}

type Words = string | readonly string[];

function own(value: object, place: Place): ParsedSource {
  const diagnostics = validateOwn(value, place);
  if (hasErrors(diagnostics)) return { source: null, diagnostics };
  const { clouds, clouds_yaml, regions, hostname, address } = value as {
    readonly clouds?: Words;
    readonly clouds_yaml?: string;
    readonly regions?: Words;
    readonly hostname?: string;
    readonly address?: string;
  };
  const source = {
    clouds: clouds === undefined ? ('one' as const) : [clouds].flat(),
    cloudsFile: clouds_yaml,
    regions: [regions ?? []].flat(),
    hostname: hostname ?? 'name',
    address: address ?? 'host_ip',
    written: value,
    place: placeOf(value, 'clouds') ?? place,
  };
  return { source, diagnostics };
}

function ansible(value: Readonly<Record<string, unknown>>, place: Place): ParsedSource {
  const known: Record<string, unknown> = { ...value };
  copyPlaces(value, known);
  const diagnostics: Diagnostic[] = [];
  for (const key of ANSIBLE_ONLY) {
    if (!Object.hasOwn(known, key)) continue;
    delete known[key];
    diagnostics.push({
      severity: 'warning',
      message: `"${key}" does nothing here: it is about servers as hosts, and virtune's hosts are the hypervisors`,
      place: keyPlaceOf(value, key) ?? place,
    });
  }
  diagnostics.push(...validateAnsible(known, place));
  if (hasErrors(diagnostics)) return { source: null, diagnostics };
  const { only_clouds, clouds_yaml_path } = known as {
    readonly only_clouds?: Words;
    readonly clouds_yaml_path?: Words;
  };
  const source = {
    clouds: only_clouds === undefined ? ('all' as const) : [only_clouds].flat(),
    cloudsFile: [clouds_yaml_path ?? []].flat()[0],
    regions: [],
    hostname: 'name',
    address: 'host_ip',
    written: value,
    place: placeOf(value, 'only_clouds') ?? place,
  };
  return { source, diagnostics };
}
