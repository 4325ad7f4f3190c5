import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program, from the folder of reference tools or from PATH; undefined when there is none. */
export function findProgram(name: string): string | undefined {
  const folders = [process.env.TSPACK_TEST_REFERENCE ?? '', ...(process.env.PATH ?? '').split(delimiter)].filter((folder) => folder !== '');
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * Whether tests that need something are skipped, said loudly. Under `TSPACK_TEST_REQUIRE=1` nothing is skipped, so
 * that what is missing fails.
 */
export function skipWithout(what: string, present: boolean): boolean {
  return process.env.TSPACK_TEST_REQUIRE !== '1' && skipUnlessGiven(what, present);
}

/** The same for what only a person can bring, by hand: it is never required. */
export function skipUnlessGiven(what: string, present: boolean): boolean {
  if (!present) process.stderr.write(`SKIPPED: ${what} is missing\n`);
  return !present;
}
