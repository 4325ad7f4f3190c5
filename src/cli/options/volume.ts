import type { Volume } from '../../index.ts';
import { usageError } from '../usage-error.ts';

/**
 * `SOURCE:TARGET[:ro|rw]`: read-only unless `rw` is said, as pack. The source is a folder or file of the host, relative
 * to the working directory. Which targets a build allows, the library says. Throws `USAGE`.
 */
export function parseVolume(text: string, resolve: (path: string) => string): Volume {
  const [source = '', target = '', mode = 'ro', ...more] = text.split(':');
  if (source === '' || !target.startsWith('/') || more.length > 0) {
    throw usageError(
      `Cannot read --volume "${text}": want SOURCE:TARGET or SOURCE:TARGET:rw, with an absolute TARGET`,
      'Write for example --volume ./npmrc:/platform/bindings/npmrc',
    );
  }
  if (mode !== 'ro' && mode !== 'rw') throw usageError(`Cannot read --volume "${text}": the mode "${mode}" must be ro or rw`);
  return { source: resolve(source), target, writable: mode === 'rw' };
}
