import { TspackError } from '../foundation/index.ts';
import { checkLogin, createHelperRunner, dockerConfigFile, eraseLogin, storeLogin } from '../registry/index.ts';
import { definedOnly } from './environment.ts';
import { openCertificates } from './keychain.ts';
import type { ImageVerbs } from '../platform/index.ts';
import type { DockerLoginOptions } from '../registry/index.ts';
import type { Machine } from './machine.ts';

/** Logins of registries, kept where Docker keeps them. */
export function composeLogin(machine: Machine): Pick<ImageVerbs, 'login' | 'logout'> {
  const { environment, clock } = machine;
  const place = (): DockerLoginOptions => {
    const file = dockerConfigFile(environment);
    if (file !== undefined) return { file, runHelper: createHelperRunner(definedOnly(environment)) };
    throw new TspackError({
      code: 'REGISTRY_AUTH_INVALID',
      message: 'Cannot keep logins: neither HOME nor DOCKER_CONFIG is set',
      nextStep: 'Set DOCKER_CONFIG to a folder that you may write to',
    });
  };
  return {
    async login({ registry, username, password, insecureRegistries }, { signal }) {
      const where = place();
      const configured = machine.configuration().find('insecure-registries')?.values ?? [];
      await checkLogin(
        registry,
        { username, password },
        { http: await machine.http(), certificates: openCertificates(environment), clock, insecureRegistries: [...insecureRegistries, ...configured], signal },
      );
      return await storeLogin(registry, { username, password }, where);
    },
    logout: (registry) => eraseLogin(registry, place()),
  };
}
