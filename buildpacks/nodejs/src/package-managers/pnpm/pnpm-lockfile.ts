import { lockfileInvalid } from '../../errors.ts';
import { isTable } from '../../manifest.ts';
import type { InstalledPackage, KnownPackage } from '../../package-sbom.ts';
import { parseYamlFile } from '../../yaml-file.ts';

const UPDATE = 'pnpm install --lockfile-only';

/** The format of a pnpm-lock.yaml: `5.4`, `6.0`, `9.0`. */
export function lockfileVersion(text: string): string | undefined {
  return /^lockfileVersion:\s*['"]?(\d+\.\d+)['"]?\s*$/m.exec(text)?.[1];
}

/** Tells what is wrong without reading all of it, which pnpm does better. Throws `NODE_LOCKFILE_INVALID`. */
export function checkPnpmLockfile(text: string, file: string): void {
  const merge = text.split('\n').findIndex((line) => /^(?:<<<<<<<|>>>>>>>)/.test(line));
  if (merge !== -1) throw lockfileInvalid(`${file}:${merge + 1}`, 'there is an unresolved merge', UPDATE);
  const version = lockfileVersion(text);
  if (version === undefined) throw lockfileInvalid(file, 'it has no lockfileVersion', UPDATE);
  if (!['5', '6', '9'].includes(version.split('.')[0]!)) throw lockfileInvalid(file, `its lockfileVersion is ${version}, want 5, 6 or 9`, UPDATE);
}

/** What the lockfile knows of installed packages. Throws `YAML_INVALID`. */
export async function knownToPnpm(text: string, file: string): Promise<(found: InstalledPackage) => KnownPackage | undefined> {
  const root = await parseYamlFile(text, file, `Run \`${UPDATE}\` and commit ${file}.`);
  const packages = isTable(root) && isTable(root['packages']) ? root['packages'] : {};
  // Keys are `/name/1.0.0` (5), `/name@1.0.0(peer@2)` (6) and `name@1.0.0` (9).
  const integrity = new Map<string, string>();
  for (const [key, entry] of Object.entries(packages)) {
    const match = /^\/?(@?[^@]+?)[@/](\d[^(_]*)/.exec(key);
    const resolution = isTable(entry) ? entry['resolution'] : undefined;
    if (match !== null && isTable(resolution) && typeof resolution['integrity'] === 'string')
      integrity.set(`${match[1]!}@${match[2]!}`, resolution['integrity']);
  }
  return ({ name, version }) => {
    const value = integrity.get(`${name}@${version}`);
    return value === undefined ? undefined : { version, integrity: value, license: undefined, needs: undefined };
  };
}
