import { join } from 'node:path';
import { describe } from 'vitest';
import { startCraneRegistry, startDockerRegistry } from '../../support/real-registries.ts';
import { describeRegistryContract } from '../../support/registry-contract.ts';
import type { RegistryUnderTest } from '../../support/registry-contract.ts';
import { findProgram, skipWithout } from '../../support/requirement.ts';

const AUTH = Buffer.from('someone:open sesame').toString('base64');
/** bcrypt of "open sesame": the only form that this registry reads. */
const HTPASSWD = 'someone:$2b$04$gr477x2e5o4OvTBQQyQRUuBQ16VXXwzo3ZhVb5url3exRsPyjGb06\n';

const SERVERS: readonly (readonly [title: string, program: string, start: (directory: string) => Promise<RegistryUnderTest>])[] = [
  ["Docker's registry 2", 'docker-registry', (directory) => startDockerRegistry(join(directory, 'registry'))],
  [
    "Docker's registry 2 with a password",
    'docker-registry',
    async (directory) => ({ ...(await startDockerRegistry(join(directory, 'registry'), { htpasswd: HTPASSWD })), auth: AUTH }),
  ],
  ["Docker's registry 3", 'registry', (directory) => startDockerRegistry(join(directory, 'registry'), { program: 'registry' })],
  ['the registry of go-containerregistry', 'crane', (directory) => startCraneRegistry(join(directory, 'registry'))],
];

for (const [title, program, start] of SERVERS) {
  describe.skipIf(skipWithout(program, findProgram(program) !== undefined))('a real registry', () => describeRegistryContract(title, start));
}
