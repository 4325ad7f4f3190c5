import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianTriplet, type LayerDirectory } from '../../../src/sdk/index.ts';

/** Makes headers, libraries and pkg-config files of packages found by compilers in the buildpacks that follow. */
export function setBuildPaths(layer: LayerDirectory, architecture: string): void {
  const triplet = debianTriplet(architecture);
  const at = (...folders: readonly string[]) => folders.map((folder) => join(layer.path, folder)).join(':');
  layer.setEnv('build', 'CPATH', 'prepend', at('usr/include', `usr/include/${triplet}`), ':');
  layer.setEnv('build', 'LIBRARY_PATH', 'prepend', at(`usr/lib/${triplet}`, 'usr/lib'), ':');
  layer.setEnv('build', 'PKG_CONFIG_PATH', 'prepend', at(`usr/lib/${triplet}/pkgconfig`, 'usr/lib/pkgconfig', 'usr/share/pkgconfig'), ':');
  for (const folder of [`usr/lib/${triplet}/pkgconfig`, 'usr/lib/pkgconfig', 'usr/share/pkgconfig']) movePkgConfig(layer.path, folder);
}

/** The files say where their libraries would be in a root: `prefix=/usr`, `libdir=/usr/lib/...`. */
function movePkgConfig(root: string, folder: string): void {
  const directory = join(root, folder);
  if (!existsSync(directory)) return;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.pc')) continue;
    const file = join(directory, entry.name);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^([A-Za-z_]\w*\s*=\s*)(\/usr(?:\/|$))/gm, `$1${root.replaceAll('$', '$$$$')}$2`));
  }
}
