import { DIRECTIONS, type Direction } from '../../facts/bandwidth.ts';
import { readLimits } from '../limits.ts';
import { Refusal } from '../refusal.ts';
import { type Form, field } from './form.ts';
import { type Html, html } from './html.ts';
import { hidden } from './layout.ts';
import { VERB } from './words.ts';

/** A form that sets limits of a server's NICs: what was filled in, and what is wrong with which field; with '' of all of it. */
export interface SetForm {
  readonly values: Readonly<Record<string, string>>;
  readonly errors: Readonly<Record<string, string>>;
}

export const EMPTY_SET: SetForm = { values: {}, errors: {} };

export const SET_FIELDS = [
  'nic',
  ...DIRECTIONS.flatMap((direction) => [direction, `${direction}_peak`, `${direction}_burst`]),
  'until',
  'reason',
] as const;

/** What is asked, as the body of the API's own request has it. */
export interface SetBody {
  /** A MAC; undefined for all NICs. */
  readonly nic: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

const MOST_REASON = 500;

/** @param now milliseconds since 1970 @returns the request, or the form with what is wrong in it */
export function setIn(form: Form, now: number): { readonly set: SetBody } | { readonly again: SetForm } {
  const values = Object.fromEntries(SET_FIELDS.map((name) => [name, field(form, name)]));
  const errors: Record<string, string> = {};
  const body: Record<string, unknown> = {};
  for (const direction of DIRECTIONS) {
    const limit = limitOf(values, direction);
    if (limit === undefined) continue;
    body[direction] = limit;
    const wrong = wrongWith({ [direction]: limit });
    if (wrong !== '') errors[direction] = wrong;
  }
  if (Object.keys(body).length === 0)
    errors.inbound = 'Say what the server receives or sends at most, or both.';
  const { until = '', reason = '', nic = '' } = values;
  if (until !== '') {
    const at = instantIn(until);
    if (at === null) errors.until = 'A time such as 2030-01-31 18:00 is expected, in UTC.';
    else if (at.getTime() <= now) errors.until = 'It must be in the future.';
    else body.until = at.toISOString();
  }
  if (reason.length > MOST_REASON)
    errors.reason = `It has ${reason.length} characters; ${MOST_REASON} are the most.`;
  else if (reason !== '') body.reason = reason;
  if (Object.keys(errors).length > 0) return { again: { values, errors } };
  return { set: { nic: nic === '' || nic === 'all' ? undefined : nic, body } };
}

/** As a rule has it: an average alone, or with a peak and a burst; undefined where nothing is filled in. */
function limitOf(values: Readonly<Record<string, string>>, direction: Direction): unknown {
  const [average = '', peak = '', burst = ''] = ['', '_peak', '_burst'].map(
    (end) => values[`${direction}${end}`] ?? '',
  );
  if (peak === '' && burst === '') return average === '' ? undefined : numberOr(average);
  return {
    ...(average === '' ? {} : { average: numberOr(average) }),
    ...(peak === '' ? {} : { peak: numberOr(peak) }),
    ...(burst === '' ? {} : { burst: numberOr(burst) }),
  };
}

/** A number alone is libvirt's unit, as everywhere. */
function numberOr(text: string): string | number {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/** In plain words, without what says where; '' for limits that can be set. */
function wrongWith(limits: Readonly<Record<string, unknown>>): string {
  try {
    readLimits(limits);
    return '';
  } catch (error) {
    if (error instanceof Refusal)
      return error.message.replace(/^Invalid input for field\/attribute limits\. /, '');
    throw error;
  }
}

/** What a browser's own field sends (2030-01-31T18:00), or what somebody types; UTC. */
function instantIn(text: string): Date | null {
  const [, day, minute] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::00)?(?:Z| UTC)?$/.exec(text) ?? [];
  if (day === undefined || minute === undefined) return null;
  const at = new Date(`${day}T${minute}:00Z`);
  return Number.isNaN(at.getTime()) || !at.toISOString().startsWith(day) ? null : at;
}

/** @param nics what may be chosen: MACs and how they are called */
export function setForm(
  server: string,
  token: string,
  nics: readonly { readonly mac: string; readonly label: string }[],
  { values, errors }: SetForm,
): Html {
  const chosen = values.nic ?? nics[0]?.mac ?? '';
  const of = (name: string) => ({ value: values[name] ?? '', error: errors[name] });
  const options = [...nics.map(({ mac, label }) => ({ value: mac, text: `${label}, ${mac}` }))];
  if (nics.length > 1) options.push({ value: 'all', text: `all ${nics.length} NICs` });
  return html`<form class="card" id="set" method="post" action="/ui/servers/${server}/check">${hidden(token)}
<div class="field"><label for="nic">NIC</label><select id="nic" name="nic">${options.map(
    ({ value, text }) =>
      html`<option value="${value}"${value === chosen ? html` selected` : ''}>${text}</option>`,
  )}</select></div>
<div class="pair">${DIRECTIONS.map(
    (direction) =>
      html`<div>${input(direction, `${TITLE[direction]} at most`, 'Such as 100 Mbit/s, or unlimited. Empty: as it is.', of(direction))}</div>`,
  )}</div>
<details${['_peak', '_burst'].some((end) => DIRECTIONS.some((one) => (values[`${one}${end}`] ?? '') !== '')) ? html` open` : ''}><summary>Peak and burst</summary><div class="pair">${DIRECTIONS.map(
    (direction) =>
      html`<div>${input(`${direction}_peak`, `${TITLE[direction]}: peak`, 'Such as 200 Mbit/s.', of(`${direction}_peak`))}${input(`${direction}_burst`, `${TITLE[direction]}: burst`, 'Such as 64 MiB.', of(`${direction}_burst`))}</div>`,
  )}</div></details>
<div class="pair"><div>${input('until', 'Until', 'In UTC. Empty: until it is withdrawn.', of('until'), 'datetime-local')}</div>
<div>${input('reason', 'Reason', 'For the history.', of('reason'))}</div></div>
<div class="buttons"><button type="submit" class="first">Preview</button><span class="dim">Nothing is changed yet.</span></div></form>`;
}

const TITLE: Readonly<Record<Direction, string>> = {
  inbound: capital(VERB.inbound),
  outbound: capital(VERB.outbound),
};

function capital(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}

function input(
  name: string,
  label: string,
  hint: string,
  { value, error }: { readonly value: string; readonly error: string | undefined },
  type = 'text',
): Html {
  const told = error === undefined ? `${name}-hint` : `${name}-hint ${name}-error`;
  return html`<div class="field"><label for="${name}">${label}</label><span class="hint" id="${name}-hint">${hint}</span><input id="${name}" name="${name}" type="${type}" value="${value}" autocomplete="off" spellcheck="false" aria-describedby="${told}"${
    error === undefined ? '' : html` aria-invalid="true"`
  }>${error === undefined ? '' : html`<p class="error" id="${name}-error">${error}</p>`}</div>`;
}
