import type { LayersDirectory } from './layers-directory.ts';

const MAXIMUM_LINKS = 40;

/**
 * Reads a regular file below `<layers>`; undefined when there is none. Links are followed as a process in the sandbox
 * sees them, and only within `<layers>`: what a buildpack wrote must not make the host read its own files.
 * `layersPath` is `<layers>` as processes see it.
 */
export function readLayersFile(layers: LayersDirectory, layersPath: string, path: string): Uint8Array | undefined {
  const open = path.split('/');
  const done: string[] = [];
  let links = 0;
  while (open.length > 0) {
    const part = open.shift()!;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (done.pop() === undefined) return undefined;
      continue;
    }
    const at = [...done, part].join('/');
    const kind = layers.kind(at);
    if (kind === 'symlink') {
      if (++links > MAXIMUM_LINKS) return undefined;
      const target = layers.readlink(at) ?? '';
      if (target.startsWith('/')) {
        if (!target.startsWith(`${layersPath}/`)) return undefined;
        done.length = 0;
        open.unshift(...target.slice(layersPath.length + 1).split('/'));
      } else open.unshift(...target.split('/'));
    } else if (kind === 'file' && open.length === 0) return layers.readFile(at);
    else if (kind !== 'directory') return undefined;
    else done.push(part);
  }
  return undefined;
}

/** As {@link readLayersFile}, decoded. */
export function readLayersText(layers: LayersDirectory, layersPath: string, path: string): string | undefined {
  const bytes = readLayersFile(layers, layersPath, path);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}
