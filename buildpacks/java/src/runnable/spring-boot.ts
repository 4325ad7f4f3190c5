import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { countClasses } from './count-classes.ts';
import { readManifest, type Manifest } from './jar.ts';
import type { Runnable } from './runnable.ts';
import { classSlice, librarySlices, literal } from './slices.ts';

/** Whether a manifest is that of an archive which Spring Boot's loader starts. */
export function isSpringBoot(manifest: Manifest | undefined): boolean {
  return /^org\.springframework\.boot\.loader\./.test(manifest?.['Main-Class'] ?? '');
}

/**
 * An unpacked Spring Boot jar or war. Its own loader starts it, as the archive says; its layers index, where it has one, says what is a layer
 * (Spring Boot Reference, "Layering Docker Images"). Classes are told from resources besides.
 */
export function springBoot(directory: string): Runnable {
  const manifest = readManifest(directory)!;
  const classes = (manifest['Spring-Boot-Classes'] ?? 'BOOT-INF/classes/').replace(/\/$/, '');
  const libraries = (manifest['Spring-Boot-Lib'] ?? 'BOOT-INF/lib/').replace(/\/$/, '');
  const indexFile = manifest['Spring-Boot-Layers-Index'] ?? classes.replace(/classes$/, 'layers.idx');
  const path = join(directory, indexFile);
  const index = existsSync(path) ? parseLayersIndex(readFileSync(path, 'utf8')) : [];
  const named = index.slice(0, -1).map(({ paths }) => paths.map(toGlob));
  const slices = index.length > 0 ? named : [...librarySlices(directory, libraries), ['org']];
  return {
    title: `a Spring Boot ${classes.startsWith('WEB-INF') ? 'war' : 'jar'}${index.length > 0 ? ` with the layers ${index.map(({ name }) => name).join(', ')}` : ''}`,
    command: ['java', '-cp', '.', manifest['Main-Class']!],
    slices: [...slices, classSlice(directory, classes)].filter((slice) => slice.length > 0),
    classCount: countClasses(directory),
    libraries: [libraries, classes.replace(/classes$/, 'lib-provided')].filter((folder) => existsSync(join(directory, folder))),
  };
}

/** The layers of an index in their order: a list of one-key maps of lists of paths, in the one form of YAML that Spring Boot writes. */
export function parseLayersIndex(text: string): readonly { readonly name: string; readonly paths: readonly string[] }[] {
  const layers: { name: string; paths: string[] }[] = [];
  for (const line of text.split(/\r?\n/)) {
    const layer = /^- "(.*)":\s*$/.exec(line);
    const path = /^ {2}- "(.*)"\s*$/.exec(line);
    if (layer !== null) layers.push({ name: layer[1]!, paths: [] });
    else if (path !== null) layers.at(-1)?.paths.push(path[1]!);
  }
  return layers;
}

/** A path of the index; a folder, with a slash at its end, is taken whole. */
function toGlob(path: string): string {
  return literal(path.replace(/\/$/, ''));
}
