import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { countClasses } from './count-classes.ts';
import type { Runnable } from './runnable.ts';
import { librarySlices } from './slices.ts';

/** The folder that Quarkus builds, told by the jar in it. */
export const QUARKUS_RUNNER = 'quarkus-run.jar';

/** A Quarkus "fast-jar": a folder whose jars name each other, so that it stays as it is (Quarkus guides, "Maven tooling", fast-jar). */
export function quarkus(directory: string): Runnable {
  const folders = ['lib/boot', 'lib/main', 'lib/deployment'].filter((folder) => existsSync(join(directory, folder)));
  return {
    title: 'a Quarkus application',
    command: ['java', '-Djava.util.logging.manager=org.jboss.logmanager.LogManager', '-jar', QUARKUS_RUNNER],
    slices: [...folders.flatMap((folder) => librarySlices(directory, folder)), ...(existsSync(join(directory, 'quarkus')) ? [['quarkus']] : [])],
    classCount: countClasses(directory),
    libraries: folders,
  };
}
