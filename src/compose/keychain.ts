import {
  certificateFolders,
  combineKeychains,
  createCertificates,
  createDockerKeychain,
  createEnvironmentKeychain,
  createHelperRunner,
  credentialFiles,
} from '../registry/index.ts';
import { definedOnly } from './environment.ts';
import type { FindCertificates, Keychain } from '../registry/index.ts';
import type { Environment } from './environment.ts';

/** The credentials of `CNB_REGISTRY_AUTH`, Docker and Podman. */
export function openKeychain(environment: Environment, warn: (message: string) => void): Keychain {
  const docker = createDockerKeychain({
    files: credentialFiles(environment, environment.HOME),
    runHelper: createHelperRunner(definedOnly(environment)),
    events: ({ helper, registry, reason }) => warn(`Credential helper "${helper}" has no answer for ${registry}: ${reason}`),
  });
  const given = environment.CNB_REGISTRY_AUTH ?? '';
  return given === '' ? docker : combineKeychains([createEnvironmentKeychain(given), docker]);
}

/** The certificates of registries, where Docker and Podman keep them. */
export function openCertificates(environment: Environment): FindCertificates {
  return createCertificates(certificateFolders(environment, environment.HOME));
}
