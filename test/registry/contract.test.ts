import { afterAll, expect } from 'vitest';
import { startFakeRegistry } from '../support/fake-registry.ts';
import type { FakeRegistrySwitches } from '../support/fake-registry.ts';
import { describeRegistryContract } from '../support/registry-contract.ts';

const AUTH = Buffer.from('someone:open sesame').toString('base64');
const violations: string[] = [];
afterAll(() => expect(violations).toEqual([]));

/** The real ones are in `test/acceptance/registry/contract.test.ts`. */
describeFake('a registry of the specification', {});
describeFake('one with tokens, without the referrers API', { auth: 'bearer', referrers: false });
describeFake('one that says little and knows no ranges', { terse: true, ranges: false });

function describeFake(title: string, switches: Partial<FakeRegistrySwitches>): void {
  describeRegistryContract(title, async () => {
    const registry = await startFakeRegistry(switches);
    return {
      host: registry.host,
      ...(switches.auth === undefined ? {} : { auth: AUTH }),
      async [Symbol.asyncDispose]() {
        violations.push(...registry.violations);
        await registry[Symbol.asyncDispose]();
      },
    };
  });
}
