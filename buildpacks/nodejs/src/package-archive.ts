import { rmSync } from 'node:fs';
import { extractArchive, type BuildContext } from '../../../src/sdk/index.ts';
import { noIntegrity } from './errors.ts';
import type { Registry } from './package-managers/npm-settings.ts';
import type { OfferedVersion } from './registry-versions.ts';

/** Fetches one package of the registry, checks its integrity value and unpacks it into `directory`, without the leading `package/`. */
export async function fetchPackage(
  context: BuildContext,
  registry: Registry,
  wanted: {
    readonly name: string;
    readonly version: string;
    readonly offered: OfferedVersion;
    readonly directory: string;
    readonly filter?: (path: string) => boolean;
    /** Called when archive and folder are complete; nothing is used when it throws. */
    readonly check?: (archive: string) => void;
  },
): Promise<void> {
  const { name, version, offered, directory, filter, check } = wanted;
  const base64 = /(?:^|\s)sha512-([A-Za-z0-9+/]+=*)/.exec(offered.integrity ?? '')?.[1];
  if (base64 === undefined) throw noIntegrity(name, version);
  const file = `${directory}.download.tgz`;
  try {
    const source = await context.downloads.fetchFile({
      url: offered.tarball,
      headers: registry.headersFor(offered.tarball),
      digest: { algorithm: 'sha512', base64 },
      path: file,
      label: `${name} ${version}`,
    });
    if (source === 'store') context.log.line(`${name} ${version} was among the downloads of this machine`);
    await extractArchive({ file, directory, stripComponents: 1, ...(filter === undefined ? {} : { filter }) });
    check?.(file);
  } finally {
    rmSync(file, { force: true });
  }
}
