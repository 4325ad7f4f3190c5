import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { extractArchive, TspackError, type BuildContext } from '../../../../src/sdk/index.ts';
import { gradleUnavailable, gradleWrapperInvalid } from '../errors.ts';
import { parseProperties } from '../properties.ts';

export const WRAPPER = 'gradle/wrapper/gradle-wrapper.properties';

/** What the Gradle wrapper of an application wants. */
export interface GradleRequest {
  readonly url: string;
  readonly version: string;
  readonly sha256: string | undefined;
}

/** Reads the wrapper's settings. Throws `GRADLE_UNAVAILABLE` without them and `GRADLE_WRAPPER_INVALID`. */
export function readGradleWrapper(applicationDirectory: string): GradleRequest {
  const file = join(applicationDirectory, WRAPPER);
  if (!existsSync(file)) throw gradleUnavailable(`there is no ${WRAPPER}, which would say which version`);
  const properties = parseProperties(readFileSync(file, 'utf8'));
  const url = properties['distributionUrl'];
  if (url === undefined) throw gradleWrapperInvalid('there is no distributionUrl');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw gradleWrapperInvalid(`distributionUrl is "${url}", want an address`);
  const version = /gradle-(\d[\w.-]*?)(?:-(?:bin|all))?\.zip$/.exec(basename(new URL(url).pathname))?.[1];
  if (version === undefined) throw gradleWrapperInvalid(`distributionUrl "${url}" names no version of Gradle`);
  const sha256 = properties['distributionSha256Sum']?.toLowerCase();
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256)) throw gradleWrapperInvalid(`distributionSha256Sum is "${sha256}", want 64 hexadecimal digits`);
  return { url, version, sha256 };
}

/** Installs the Gradle of the wrapper into the layer `gradle` of the cache; returns its folder. Throws `GRADLE_UNAVAILABLE` when it cannot be fetched. */
export async function installGradle(context: BuildContext, { url, version, sha256 }: GradleRequest): Promise<string> {
  context.choose({ name: 'Gradle', version, reason: `asked for by ${WRAPPER}` });
  const { layer } = await context.layer({
    name: 'gradle',
    title: `Gradle ${version}`,
    types: { cache: true },
    inputs: [
      { name: 'Gradle version', value: version, readable: true },
      { name: 'distributionUrl', value: url },
      { name: 'distributionSha256Sum', value: sha256 ?? '' },
    ],
    create: async ({ path }) => {
      const file = `${path}.zip`;
      context.log.line(`Downloading Gradle ${version}`);
      try {
        mkdirSync(path, { recursive: true });
        await fetchDistribution(context, url, sha256, file);
        await extractArchive({ file, directory: path, stripComponents: 1, filter: (name) => !/^(?:docs|src|samples)\//.test(name) });
        chmodSync(join(path, 'bin/gradle'), 0o755);
      } finally {
        rmSync(file, { force: true });
      }
      return {};
    },
  });
  return layer.path;
}

async function fetchDistribution(context: BuildContext, url: string, sha256: string | undefined, path: string): Promise<void> {
  try {
    const hex = sha256 ?? /[0-9a-f]{64}/.exec(await context.downloads.fetchText({ url: `${url}.sha256`, maximumBytes: 4096 }))?.[0];
    if (hex === undefined) throw gradleWrapperInvalid('it has no distributionSha256Sum, and the server has no checksum');
    await context.downloads.fetchFile({ url, digest: { algorithm: 'sha256', hex }, path, label: basename(new URL(url).pathname) });
  } catch (error) {
    if (!(error instanceof TspackError) || /^GRADLE_/.test(String(error.code))) throw error;
    throw gradleUnavailable(`its distribution cannot be fetched: ${error.message}`, error);
  }
}
