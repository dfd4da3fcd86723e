import type { Login, Named } from '../../openstack/config.ts';
import { type Form, field } from './form.ts';
import { type Html, html, to } from './html.ts';
import { notice, page, trouble } from './layout.ts';

/** How somebody logs in: as Keystone names the two ways. */
export const WAYS = ['password', 'application_credential'] as const;
export type Way = (typeof WAYS)[number];

/** What was filled in and may be shown again, and what is wrong with which field. */
export interface LoginForm {
  readonly way: Way;
  readonly values: Readonly<Record<string, string>>;
  readonly errors: Readonly<Record<string, string>>;
  /** Of all of it. */
  readonly error: string;
}

export const EMPTY_LOGIN: LoginForm = { way: 'password', values: {}, errors: {}, error: '' };

interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly complete: string;
  readonly secret?: true;
  readonly optional?: true;
  readonly usual?: string;
}

const FIELDS: Readonly<Record<Way, readonly Field[]>> = {
  password: [
    { name: 'user', label: 'User', complete: 'username' },
    { name: 'password', label: 'Password', complete: 'current-password', secret: true },
    {
      name: 'project',
      label: 'Project',
      complete: 'off',
      hint: 'Empty: the user’s default project.',
      optional: true,
    },
    {
      name: 'domain',
      label: 'Domain',
      complete: 'off',
      hint: 'Of the user and the project.',
      usual: 'Default',
    },
  ],
  application_credential: [
    { name: 'credential', label: 'ID', complete: 'username' },
    { name: 'secret', label: 'Secret', complete: 'current-password', secret: true },
  ],
};

const LONGEST = 1_000;

/** @returns the login, or the form with what is missing in it */
export function loginIn(form: Form): { readonly login: Login } | { readonly again: LoginForm } {
  const way = form.get('way') === 'application_credential' ? 'application_credential' : 'password';
  const fields = FIELDS[way];
  // A password may begin or end with a blank.
  const given = Object.fromEntries(
    fields.map(({ name, secret }) => [name, secret ? (form.get(name) ?? '') : field(form, name)]),
  );
  const errors = Object.fromEntries(
    fields.flatMap(({ name, label, optional }) => {
      const value = given[name] ?? '';
      if (value.length > LONGEST) return [[name, `${label}: it is too long.`]];
      return value === '' && optional !== true ? [[name, `${label} is needed.`]] : [];
    }),
  );
  const kept = Object.fromEntries(
    fields.filter(({ secret }) => !secret).map(({ name }) => [name, given[name] ?? '']),
  );
  if (Object.keys(errors).length > 0) return { again: { way, values: kept, errors, error: '' } };
  const of = (name: string): string => given[name] ?? '';
  if (way === 'application_credential')
    return { login: { kind: way, credential: { id: of('credential') }, secret: of('secret') } };
  const domain = { name: of('domain') };
  const project: Named | null = of('project') === '' ? null : { name: of('project'), domain };
  return {
    login: { kind: way, user: { name: of('user'), domain }, password: of('password'), project },
  };
}

/** What may be shown again of a form that was not believed: no password and no secret. */
export function loginAgain(form: Form, error: string, errors: LoginForm['errors'] = {}): LoginForm {
  const way = form.get('way') === 'application_credential' ? 'application_credential' : 'password';
  const values = Object.fromEntries(
    FIELDS[way].filter(({ secret }) => !secret).map(({ name }) => [name, field(form, name)]),
  );
  return { way, values, errors, error };
}

export interface LoginPage extends LoginForm {
  /** The cloud's name. */
  readonly cloud: string;
  readonly next: string;
  readonly said: '' | 'ended' | 'out' | 'elsewhere';
}

const SAID = { ended: 'Your session is over. Please log in again.', out: 'You are logged out.' } as const;

export function loginPage({ cloud, next, said, error, ...form }: LoginPage): string {
  const other = form.way === 'password' ? 'application_credential' : 'password';
  const word = other === 'password' ? 'a password' : 'an application credential';
  const told =
    said === 'elsewhere'
      ? notice(html`You came here by a link. If you are logged in already: <a href="${next}">go on</a>.`)
      : said === ''
        ? ''
        : notice(SAID[said]);
  return page({
    title: 'Log in',
    body: html`${told}${error === '' ? '' : trouble(error)}<p>With what the cloud ${html`<strong>${cloud}</strong>`} knows you by${
      form.way === 'password' ? '' : ': an application credential'
    }.</p>
<form class="card narrow" method="post" action="/ui/login"><input type="hidden" name="way" value="${form.way}"><input type="hidden" name="next" value="${next}">
${FIELDS[form.way].map((one) => input(one, form))}
<div class="buttons"><button type="submit" class="first">Log in</button></div></form>
<p><a href="${to('/ui/login', { way: other, next: next === '/ui' ? '' : next })}">Log in with ${word}</a></p>`,
  });
}

function input(
  { name, label, hint, complete, secret, usual, optional }: Field,
  { values, errors }: Omit<LoginForm, 'error'>,
): Html {
  const error = errors[name];
  const told = [hint === undefined ? '' : `${name}-hint`, error === undefined ? '' : `${name}-error`].filter(
    Boolean,
  );
  return html`<div class="field"><label for="${name}">${label}</label>${
    hint === undefined ? '' : html`<span class="hint" id="${name}-hint">${hint}</span>`
  }<input id="${name}" name="${name}" type="${secret ? 'password' : 'text'}" value="${secret ? '' : (values[name] ?? usual ?? '')}" autocomplete="${complete}" autocapitalize="none" spellcheck="false"${
    optional ? '' : html` required`
  }${told.length === 0 ? '' : html` aria-describedby="${told.join(' ')}"`}${error === undefined ? '' : html` aria-invalid="true"`}>${
    error === undefined ? '' : html`<p class="error" id="${name}-error">${error}</p>`
  }</div>
`;
}
