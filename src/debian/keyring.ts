import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, packageRoot } from '../foundation/index.ts';

/** OpenPGP public keys, in binary or ASCII armor. */
export type Keyring = readonly Uint8Array[];

/** Where the keyrings of Debian's `debian-archive-keyring` package travel with tspack. */
export function shippedKeyringDirectory(): string {
  return join(packageRoot(), 'builders', 'keyrings');
}

/** Reads keyrings by name. Throws `DEBIAN_KEYRING_MISSING`. */
export function readKeyring(names: readonly string[], directory = shippedKeyringDirectory()): Keyring {
  return names.map((name) => {
    const path = join(directory, `${name}.gpg`);
    if (existsSync(path)) return readFileSync(path);
    throw new TspackError({
      code: 'DEBIAN_KEYRING_MISSING',
      message: `Cannot verify packages: there is no keyring "${path}"`,
      nextStep: 'Choose a suite whose keys tspack ships, or add the keyring there',
    });
  });
}
