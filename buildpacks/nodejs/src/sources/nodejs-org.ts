import { fetchArchive, type BuildContext } from '../../../../src/sdk/index.ts';
import { askDaily } from '../daily-answer.ts';
import { nodejsOrgInvalid } from '../errors.ts';
import { isTable } from '../manifest.ts';
import { nodePlatform, type NodeSource } from './node-source.ts';

const ADDRESS = 'https://nodejs.org/dist';

/** The archives of nodejs.org, checked by the SHA-256 of each version's SHASUMS256.txt (https://nodejs.org/dist/). */
export function nodejsOrg(context: BuildContext): NodeSource {
  const platform = nodePlatform(context.target.architecture);
  return {
    name: 'nodejs.org',
    async offered() {
      const releases = await askDaily<readonly string[]>(context, {
        of: 'nodejs.org',
        title: 'the list of releases on nodejs.org',
        source: 'nodejs.org',
        address: ADDRESS,
        ask: async () => readReleases(await context.downloads.fetchJson({ url: `${ADDRESS}/index.json` })),
      });
      return [...releases].filter(([, platforms]) => platforms.includes(platform)).map(([version]) => version);
    },
    find(version) {
      const name = `node-v${version}-${platform}.tar.gz`;
      const url = `${ADDRESS}/v${version}/${name}`;
      let sums: Promise<string> | undefined;
      // Only asked for where the archive is wanted: a layer that is still good needs no network.
      const sha256 = () => (sums ??= fetchSha256(context, version, name));
      return Promise.resolve({
        name,
        purl: `pkg:generic/node@${version}?download_url=${encodeURIComponent(url)}`,
        hashes: async () => [{ algorithm: 'SHA-256' as const, hex: await sha256() }],
        async unpack(directory, filter) {
          const digest = { algorithm: 'sha256', hex: await sha256() } as const;
          await fetchArchive(context.downloads, { url, digest, label: `Node.js ${version}`, directory, stripComponents: 1, filter });
        },
      });
    },
  };
}

/** Versions without their `v`, and the platforms that have archives of them. */
function readReleases(answer: unknown): Readonly<Record<string, readonly string[]>> {
  if (!Array.isArray(answer)) throw nodejsOrgInvalid('index.json is no JSON array');
  const releases = answer.map((release): [string, readonly string[]] => {
    const { version, files } = isTable(release) ? release : {};
    if (typeof version !== 'string' || !/^v\d+\.\d+\.\d+$/.test(version) || !Array.isArray(files))
      throw nodejsOrgInvalid('a release in index.json has no version or files');
    return [version.slice(1), files.filter((file) => typeof file === 'string')];
  });
  return Object.fromEntries(releases);
}

async function fetchSha256(context: BuildContext, version: string, name: string): Promise<string> {
  const sums = await context.downloads.fetchText({ url: `${ADDRESS}/v${version}/SHASUMS256.txt`, maximumBytes: 1_048_576 });
  const line = sums.split('\n').find((text) => text.endsWith(`  ${name}`));
  const sha256 = /^([0-9a-f]{64}) /.exec(line ?? '')?.[1];
  if (sha256 === undefined) throw nodejsOrgInvalid(`SHASUMS256.txt of ${version} has no line for ${name}`);
  return sha256;
}
