import { fetchArchive, TspackError, type BuildContext } from '../../../../src/sdk/index.ts';
import { buildArchitecture, type GoSource } from './go-source.ts';

const ADDRESS = 'https://go.dev/dl/';

interface Archive {
  readonly url: string;
  readonly sha256: string;
}

/** The archives of go.dev, checked by the SHA-256 of its list of downloads (https://go.dev/dl/?mode=json). */
export function goDev(context: BuildContext): GoSource {
  let list: Promise<ReadonlyMap<string, Archive>> | undefined;
  const archives = () => (list ??= fetchList(context));
  return {
    name: 'go.dev',
    offered: async () => [...(await archives()).keys()],
    async find(version) {
      const { url, sha256 } = (await archives()).get(version)!;
      return {
        async install(directory) {
          await fetchArchive(context.downloads, { url, digest: { algorithm: 'sha256', hex: sha256 }, label: `Go ${version}`, directory, stripComponents: 1 });
        },
      };
    },
  };
}

async function fetchList(context: BuildContext): Promise<ReadonlyMap<string, Archive>> {
  const releases = await context.downloads.fetchJson({ url: `${ADDRESS}?mode=json&include=all` });
  if (!Array.isArray(releases)) throw listInvalid('it is no JSON array');
  const archives = new Map<string, Archive>();
  for (const { version, files } of releases as { version?: unknown; files?: unknown }[]) {
    if (typeof version !== 'string' || !Array.isArray(files)) throw listInvalid('a release has no version or files');
    const file = (files as Record<string, unknown>[]).find(({ os, arch, kind }) => os === 'linux' && arch === buildArchitecture() && kind === 'archive');
    if (file === undefined) continue;
    const { filename, sha256 } = file;
    if (typeof filename !== 'string' || !/^[\w.-]+$/.test(filename) || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) continue;
    archives.set(version.replace(/^go/, ''), { url: `${ADDRESS}${filename}`, sha256 });
  }
  return archives;
}

function listInvalid(problem: string): TspackError {
  return new TspackError({
    code: 'GO_VERSIONS_UNKNOWN',
    message: `Cannot use the list of downloads of go.dev: ${problem}`,
    nextStep: 'Check the mirror that stands for go.dev, or leave go.dev out of TSPACK_GO_SOURCES.',
  });
}
