import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { HostSettings } from './host-settings.ts';

/** What a sandbox is given of this machine's settings. */
export interface SandboxView {
  /** Files to bind read-only; targets are paths in the sandbox. */
  readonly files: readonly { readonly source: string; readonly target: string }[];
  /** Variables for the processes in it; none of them belongs into a layer. */
  readonly env: Readonly<Record<string, string>>;
}

const OWN_CA = '/run/tspack/host-ca.pem';
const BUNDLE = '/run/tspack/ca-bundle.pem';
/**
 * What tells programs whom to trust. Node and pip bring lists of their own; curl, git and Cargo may bring a library that looks elsewhere than the image's.
 * Java reads none of these: its buildpack makes it a trust store of `SSL_CERT_FILE` (`sdk/java-trust-store.ts`).
 */
function trust(own: string, bundle: string): Readonly<Record<string, string>> {
  return {
    NODE_EXTRA_CA_CERTS: own,
    SSL_CERT_FILE: bundle,
    PIP_CERT: bundle,
    REQUESTS_CA_BUNDLE: bundle,
    CURL_CA_BUNDLE: bundle,
    GIT_SSL_CAINFO: bundle,
    CARGO_HTTP_CAINFO: bundle,
  };
}

/** Where programs of the usual distributions look for one list. */
const SYSTEM_BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];

/**
 * The resolver, host names and proxies of this machine; its certificates only when it has some of its own, so that
 * a build sees the image's list everywhere else.
 *
 * @param root Folder of the unpacked image: lists of certificates that it has are replaced.
 */
export function sandboxView(settings: HostSettings, root: string): SandboxView {
  const { certificates, resolvConf, hosts, proxy } = settings;
  const file = (source: string | undefined, target: string) => (source === undefined ? [] : [{ source, target }]);
  const lists = SYSTEM_BUNDLES.filter((path) => statSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true);
  return {
    files: [
      ...file(resolvConf, '/etc/resolv.conf'),
      ...file(hosts, '/etc/hosts'),
      ...file(certificates.own, OWN_CA),
      ...file(certificates.bundle, BUNDLE),
      ...lists.flatMap((target) => file(certificates.bundle, target)),
    ],
    env: {
      ...proxy,
      ...(certificates.hasOwnCa ? trust(OWN_CA, BUNDLE) : {}),
    },
  };
}

/** The variables for processes that see this machine's own files. */
export function ownView({ certificates: { own, bundle }, proxy }: HostSettings): Readonly<Record<string, string>> {
  return { ...proxy, ...(own === undefined || bundle === undefined ? {} : trust(own, bundle)) };
}
