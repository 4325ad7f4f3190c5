import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchiveTransport, DebianMirrors } from '../debian/index.ts';
import type { BuildContext } from './build-context.ts';
import type { Downloads } from './downloads.ts';

/** Bytes of an archive come the way of all others. */
export function downloadsTransport(downloads: Downloads): ArchiveTransport {
  return {
    fetchText: ({ url, maximumBytes }) => downloads.fetchText({ url, maximumBytes }),
    fetchFile: ({ url, digest, sizeBytes, path, label, once = false }) => downloads.fetchFile({ url, digest, sizeBytes, path, label, once }),
  };
}

/** The variables, then bindings with the keys `debian` and `debian-security`, then what `discoverMirrors` finds. Throws what that throws. */
export function findMirrors(
  debian: Pick<typeof import('../debian/index.ts'), 'discoverMirrors' | 'readAptSources' | 'readSnapshotAddress'>,
  { env, bindings, buildpackDirectory, clock }: Pick<BuildContext, 'env' | 'bindings' | 'buildpackDirectory' | 'clock'>,
): DebianMirrors {
  const bound = (key: string) =>
    bindings
      .find(({ type, keys }) => type === 'dependency-mirror' && keys.includes(key))
      ?.read(key)
      ?.trim();
  const snapshot = join(buildpackDirectory, 'packages', 'snapshot.toml');
  return debian.discoverMirrors({
    environment: {
      TSPACK_DEBIAN_MIRROR: env['TSPACK_DEBIAN_MIRROR'] ?? bound('debian'),
      TSPACK_DEBIAN_SECURITY_MIRROR: env['TSPACK_DEBIAN_SECURITY_MIRROR'] ?? bound('debian-security'),
    },
    aptSources: debian.readAptSources('/etc/apt'),
    snapshot: existsSync(snapshot) ? debian.readSnapshotAddress(snapshot) : undefined,
    now: clock.now(),
  });
}
