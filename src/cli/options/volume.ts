import { existsSync } from 'node:fs';
import type { Volume } from '../../index.ts';
import { usageError } from '../usage-error.ts';

const FOLDERS_OF_THE_LIFECYCLE = ['/cnb', '/layers', '/workspace'];

/**
 * `SOURCE:TARGET[:ro|rw]`: read-only unless `rw` is said, as pack. The source is a folder or file of the host, relative
 * to the working directory. Throws `USAGE`.
 */
export function parseVolume(text: string, resolve: (path: string) => string): Volume {
  const [source = '', target = '', mode = 'ro', ...more] = text.split(':');
  if (source === '' || !target.startsWith('/') || more.length > 0) {
    throw usageError(`Cannot read --volume "${text}": want SOURCE:TARGET or SOURCE:TARGET:rw, with an absolute TARGET`, 'Write for example --volume ./npmrc:/platform/bindings/npmrc');
  }
  if (mode !== 'ro' && mode !== 'rw') throw usageError(`Cannot read --volume "${text}": the mode "${mode}" must be ro or rw`);
  const path = target.replace(/\/+$/, '');
  if (path === '' || path.split('/').slice(1).some((part) => part === '' || part === '.' || part === '..')) {
    throw usageError(`Cannot read --volume "${text}": TARGET must be a plain absolute path`);
  }
  if (FOLDERS_OF_THE_LIFECYCLE.some((folder) => path === folder || path.startsWith(`${folder}/`))) {
    throw usageError(`Cannot put a volume at ${path}: ${FOLDERS_OF_THE_LIFECYCLE.join(', ')} belong to the build`, 'Choose a target such as /platform/bindings/NAME');
  }
  if (!existsSync(resolve(source))) throw usageError(`Cannot find the source of --volume "${text}": ${resolve(source)} does not exist`);
  return { source: resolve(source), target: path, writable: mode === 'rw' };
}
