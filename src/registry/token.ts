import { registerSecret } from '../foundation/index.ts';
import type { Clock } from '../foundation/index.ts';
import { HttpError, bytesBody } from '../http/index.ts';
import type { HttpClient, HttpRequest, TlsIdentity } from '../http/index.ts';
import type { Credential } from './keychain.ts';

/** What a token allows: `repository:<name>:<actions>` (distribution auth `scope.md`). */
export interface RepositoryScope {
  readonly repository: string;
  readonly actions: 'pull' | 'pull,push';
}

export interface AccessToken {
  readonly token: string;
  /** Milliseconds since the epoch; from then on a new one is asked for. */
  readonly renewAt: number;
}

export interface TokenRequest {
  readonly client: Pick<HttpClient, 'request'>;
  readonly clock: Clock;
  readonly realm: string;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  readonly unverifiedCertificate: boolean;
  readonly tls: TlsIdentity;
  readonly signal?: AbortSignal | undefined;
}

const CLIENT_ID = 'tspack';
const SHORTEST_LIFE_SECONDS = 60;

export function formatScope({ repository, actions }: RepositoryScope): string {
  return `repository:${repository}:${actions}`;
}

/**
 * Asks the token server: OAuth2 with an identity token (`oauth.md`), else a GET with Basic credentials or without
 * (`token.md`). Throws {@link HttpError}.
 */
export async function fetchToken(request: TokenRequest): Promise<AccessToken> {
  const { credential, clock } = request;
  const response = await request.client.request({
    ...(credential?.kind === 'identity-token' ? oauthRequest(request, credential.token) : plainRequest(request)),
    unverifiedCertificate: request.unverifiedCertificate,
    tls: request.tls,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  const answer = (await response.json(1024 * 1024)) as { token?: unknown; access_token?: unknown; expires_in?: unknown } | null;
  const token = [answer?.token, answer?.access_token].find((value) => typeof value === 'string' && value !== '') as string | undefined;
  if (token === undefined || /[^\x21-\x7e]/.test(token)) {
    throw new HttpError({
      code: 'HTTP_BODY_INVALID',
      message: `Cannot use the answer of ${response.url}: it holds no token`,
      url: response.url,
      transient: false,
    });
  }
  registerSecret(token);
  const seconds = typeof answer?.expires_in === 'number' && answer.expires_in > 0 ? answer.expires_in : SHORTEST_LIFE_SECONDS;
  // A little early, so that a token does not expire on its way.
  return { token, renewAt: clock.now().getTime() + seconds * 900 };
}

function plainRequest({ realm, service, scopes, credential }: TokenRequest): HttpRequest {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (credential?.kind !== 'basic') return { url: url.href };
  return { url: url.href, headers: { authorization: basicHeader(credential) } };
}

function oauthRequest({ realm, service, scopes }: TokenRequest, refreshToken: string): HttpRequest {
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken, client_id: CLIENT_ID, scope: scopes.join(' ') });
  if (service !== undefined) form.set('service', service);
  return {
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: bytesBody(form.toString()),
    repeatable: true,
  };
}

export function basicHeader({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
