import { TspackError, type BuildContext } from '../../../../src/sdk/index.ts';
import type { JavaArchive, JavaSource } from './found-java.ts';

/** The vendor's interface: https://github.com/adoptium/api.adoptium.net. Mirrors replace the host as everywhere (`TSPACK_MIRROR_API_ADOPTIUM_NET`). */
const API = 'https://api.adoptium.net/v3';
const ARCHITECTURES: Readonly<Record<string, string>> = { amd64: 'x64', arm64: 'aarch64' };

/** Eclipse Temurin: the newest release of each version of Java. */
export function adoptiumSource(context: BuildContext): JavaSource {
  const architecture = ARCHITECTURES[context.target.architecture] ?? context.target.architecture;
  const latest = async (feature: string, type: 'jdk' | 'jre'): Promise<JavaArchive | undefined> => {
    const query = `architecture=${architecture}&image_type=${type}&os=linux&vendor=eclipse`;
    return readArchive(await context.downloads.fetchJson({ url: `${API}/assets/latest/${feature}/hotspot?${query}` }));
  };
  return {
    name: 'adoptium',
    async offered() {
      const answer = await context.downloads.fetchJson({ url: `${API}/info/available_releases` });
      const releases = isTable(answer) ? answer['available_releases'] : undefined;
      if (!Array.isArray(releases)) throw answerInvalid('it lists no releases');
      return releases.filter((release) => typeof release === 'number').map(String);
    },
    async find(version) {
      const jdk = await latest(version, 'jdk');
      if (jdk === undefined) throw answerInvalid(`it has no JDK ${version} for ${context.target.architecture}`);
      return { kind: 'archives', jdk, jre: (await latest(version, 'jre')) ?? jdk };
    },
  };
}

function readArchive(answer: unknown): JavaArchive | undefined {
  const first: unknown = Array.isArray(answer) ? answer[0] : undefined;
  const archive = isTable(first) && isTable(first['binary']) ? first['binary']['package'] : undefined;
  if (!isTable(archive)) return undefined;
  const { link, checksum, name } = archive;
  if (typeof link !== 'string' || typeof name !== 'string' || typeof checksum !== 'string' || !/^[0-9a-f]{64}$/.test(checksum))
    throw answerInvalid('an archive has no address or checksum');
  return { url: link, sha256: checksum, name };
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function answerInvalid(problem: string): TspackError {
  return new TspackError({
    code: 'JAVA_SOURCE_ANSWER_INVALID',
    message: `Cannot use what Adoptium answers: ${problem}`,
    nextStep: 'Check the mirror, or leave adoptium out of TSPACK_JAVA_SOURCES.',
  });
}
