/** What proves to a registry who we are. */
export type Credential = {
  /** For people: where it was found, such as `/home/me/.docker/config.json` or `docker-credential-pass`. */
  readonly source: string;
} & (
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** Exchanged for access tokens by OAuth2 (distribution auth `oauth.md`). */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** Sent to the registry as it is. */
  | { readonly kind: 'bearer'; readonly token: string }
);

/** Where credentials come from. A credential is only ever sent to the registry it was found for. */
export interface Keychain {
  /** undefined: go on without credentials. `registry` is a host with optional port, as in an image reference. */
  find(registry: string, repository: string): Promise<Credential | undefined>;
}

/** Finds nothing: anonymous access. */
export const ANONYMOUS: Keychain = { find: async () => undefined };

/** Asks each in turn; the first that knows wins. */
export function combineKeychains(keychains: readonly Keychain[]): Keychain {
  return {
    async find(registry, repository) {
      for (const keychain of keychains) {
        const credential = await keychain.find(registry, repository);
        if (credential !== undefined) return credential;
      }
      return undefined;
    },
  };
}

const DOCKER_HUB = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** One name for the names of Docker Hub; every other host as it is, in lower case. */
export function canonicalRegistry(host: string): string {
  const name = host.toLowerCase();
  return DOCKER_HUB.has(name) ? 'index.docker.io' : name;
}
