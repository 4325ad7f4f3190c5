import { rmSync } from 'node:fs';
import { extractArchive, type BuildContext } from '../../../src/sdk/index.ts';
import { noIntegrity } from './errors.ts';
import type { Registry } from './npm-settings.ts';
import type { OfferedVersion } from './offered-versions.ts';

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
  },
): Promise<void> {
  const { name, version, offered, directory, filter } = wanted;
  const base64 = /(?:^|\s)sha512-([A-Za-z0-9+/]+=*)/.exec(offered.integrity ?? '')?.[1];
  if (base64 === undefined) throw noIntegrity(name, version);
  const file = `${directory}.download.tgz`;
  try {
    await context.downloads.fetchFile({
      url: offered.tarball,
      headers: registry.headersFor(offered.tarball),
      digest: { algorithm: 'sha512', base64 },
      path: file,
      label: `${name} ${version}`,
    });
    await extractArchive({ file, directory, stripComponents: 1, ...(filter === undefined ? {} : { filter }) });
  } finally {
    rmSync(file, { force: true });
  }
}
