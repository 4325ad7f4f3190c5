import { componentSboms } from '../builder/index.ts';

/** What the launcher is, in each format, by the end of the file's name (CNB.md C156). */
export function launcherSboms(version: string): Readonly<Record<string, Uint8Array>> {
  return componentSboms('launcher', version, []);
}
