import type { Login, Named } from './config.ts';

/** The body of `POST /v3/auth/tokens` (Keystone's Identity API v3, "Password authentication with scoped authorization"). */
export function loginBody(login: Login): unknown {
  if (login.kind === 'application_credential') {
    const { credential, secret } = login;
    // It has its own scope: one that is named beside it is refused.
    const named =
      'id' in credential ? { id: credential.id } : { name: credential.name, user: party(credential.user) };
    return { auth: { identity: identity('application_credential', { ...named, secret }) } };
  }
  const scope = login.project === null ? {} : { scope: { project: party(login.project) } };
  const own =
    login.kind === 'password'
      ? identity('password', { user: { ...party(login.user), password: login.password } })
      : identity('token', { id: login.token });
  return { auth: { identity: own, ...scope } };
}

function identity(method: string, value: unknown): unknown {
  return { methods: [method], [method]: value };
}

function party(named: Named): object {
  return 'id' in named ? { id: named.id } : { name: named.name, domain: named.domain };
}

/** What no message may show. */
export function secretsOf(login: Login): readonly string[] {
  if (login.kind === 'password') return [login.password];
  return [login.kind === 'token' ? login.token : login.secret];
}
