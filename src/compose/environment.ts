import { arch } from 'node:os';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that are set. */
export function definedOnly(environment: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Node's names of architectures, in OCI's words. */
const OCI_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The architecture of this machine. */
export function ownArchitecture(): string {
  return OCI_ARCHITECTURES[arch()] ?? arch();
}
