import type { Output } from '../../index.ts';
import { usageError } from '../usage-error.ts';

const FORMS = 'docker, oci:DIR, oci-archive:FILE or docker-archive:FILE';

/** `docker`, `oci:DIR`, `oci-archive:FILE`, `docker-archive:FILE`; paths relative to the working directory. Throws `USAGE`. */
export function parseOutput(text: string, resolve: (path: string) => string): Output {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const path = colon < 0 ? '' : text.slice(colon + 1);
  switch (kind) {
    case 'docker':
      if (colon >= 0) throw usageError(`Cannot read --output "${text}": docker takes no path`, 'Write --output docker');
      return { kind };
    case 'oci':
    case 'oci-archive':
    case 'docker-archive':
      if (path === '') throw usageError(`Cannot read --output "${text}": want a path after "${kind}:"`);
      return { kind, path: resolve(path) };
    default:
      throw usageError(`Cannot read --output "${text}": want ${FORMS}`, kind === 'registry' ? 'Use --publish to push to the registry' : undefined);
  }
}
