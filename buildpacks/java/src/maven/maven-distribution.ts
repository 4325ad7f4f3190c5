import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { debianPackagesKey, fetchArchive, installDebianPackages, type BuildContext } from '../../../../src/sdk/index.ts';
import { archiveNotFound } from '../errors.ts';
import { parseProperties } from '../properties.ts';

/** Maven in a layer. */
export interface Maven {
  /** `maven.home`. */
  readonly home: string;
  /** For the inputs of other layers: tells one Maven from another. */
  readonly key: string;
}

const WRAPPER = '.mvn/wrapper/maven-wrapper.properties';
const PACKAGES = { suite: 'trixie', set: 'maven' } as const;

/** What the Maven wrapper of an application wants. */
export interface WrapperRequest {
  readonly url: string;
  /** `3.9.11`; undefined when the address does not tell. */
  readonly version: string | undefined;
  readonly sha256: string | undefined;
}

/** Reads the settings of the Maven wrapper; undefined without them. */
export function readMavenWrapper(applicationDirectory: string): WrapperRequest | undefined {
  const file = join(applicationDirectory, WRAPPER);
  if (!existsSync(file)) return undefined;
  const properties = parseProperties(readFileSync(file, 'utf8'));
  const url = properties['distributionUrl'];
  if (url === undefined || !URL.canParse(url)) return undefined;
  const version = /apache-maven-(.+?)-bin\.(?:zip|tar\.gz)$/.exec(basename(new URL(url).pathname))?.[1];
  return { url, version, sha256: properties['distributionSha256Sum'] };
}

/**
 * Installs Maven into the layer `maven` of the cache: the version that the wrapper wants, from where it says, or Debian's. Throws
 * `JAVA_DOWNLOAD_UNVERIFIABLE` when neither the wrapper nor the server has a checksum.
 */
export async function installMaven(context: BuildContext): Promise<Maven> {
  const wrapper = readMavenWrapper(context.applicationDirectory);
  const packaged = packagedVersion(context);
  if (wrapper === undefined || (wrapper.version !== undefined && wrapper.version === packaged)) {
    const why = wrapper === undefined ? "Debian's own, because the application has no wrapper" : `asked for by ${WRAPPER}`;
    context.choose({ name: 'Maven', version: packaged, reason: why });
    return await installPackages(context, packaged);
  }
  context.choose({ name: 'Maven', version: wrapper.version ?? '', reason: `asked for by ${WRAPPER}` });
  return await installDistribution(context, wrapper);
}

async function installPackages(context: BuildContext, version: string): Promise<Maven> {
  const key = debianPackagesKey(context, PACKAGES);
  const { layer } = await context.layer({
    name: 'maven',
    title: `Maven ${version}`,
    types: { cache: true },
    inputs: [
      { name: 'Maven version', value: version, readable: true },
      { name: 'packages', value: key },
    ],
    create: async ({ path }) => {
      context.log.line(`Installing Maven ${version}`);
      await installDebianPackages(context, { ...PACKAGES, directory: path });
      return {};
    },
  });
  return { home: join(layer.path, 'usr/share/maven'), key };
}

async function installDistribution(context: BuildContext, { url, version, sha256 }: WrapperRequest): Promise<Maven> {
  const { layer } = await context.layer({
    name: 'maven',
    title: `Maven ${version ?? ''}`.trim(),
    types: { cache: true },
    inputs: [
      { name: 'distributionUrl', value: url },
      { name: 'distributionSha256Sum', value: sha256 ?? '' },
    ],
    create: async ({ path }) => {
      context.log.line(`Downloading Maven ${version ?? ''}`.trim());
      mkdirSync(path, { recursive: true });
      const digest = await findDigest(context, url, sha256);
      const filter = (entry: string) => !entry.startsWith('lib/jansi-native/Windows');
      await fetchArchive(context.downloads, { url, digest, label: basename(new URL(url).pathname), directory: path, stripComponents: 1, filter });
      return {};
    },
  });
  return { home: layer.path, key: url };
}

/** The wrapper's own checksum, else the one that repositories keep beside each distribution of Maven. */
async function findDigest(context: BuildContext, url: string, sha256: string | undefined): Promise<{ algorithm: 'sha256' | 'sha512'; hex: string }> {
  if (sha256 !== undefined) return { algorithm: 'sha256', hex: sha256.toLowerCase() };
  const text = await context.downloads.fetchText({ url: `${url}.sha512`, maximumBytes: 4096 });
  const hex = /[0-9a-f]{128}/i.exec(text)?.[0];
  if (hex === undefined) throw archiveNotFound(url);
  return { algorithm: 'sha512', hex: hex.toLowerCase() };
}

/** The version of the package `maven` in the lock. */
function packagedVersion(context: BuildContext): string {
  const file = join(context.buildpackDirectory, 'packages', `${PACKAGES.suite}.${context.target.architecture}.json`);
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as { readonly packages: readonly { readonly name: string; readonly version: string }[] };
  const version = packages.find(({ name }) => name === 'maven')?.version ?? '';
  return /^\d+(?:\.\d+)*/.exec(version)?.[0] ?? version;
}

/** Runs `use` with a folder that has Debian's model of Maven, and removes it. */
export async function withMavenModel<Result>(context: BuildContext, use: (jar: string) => Result): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'maven-model-'));
  try {
    await installDebianPackages(context, { suite: 'trixie', set: 'maven-model', directory });
    const jars = join(directory, 'usr/share/java');
    return use(
      join(
        jars,
        readdirSync(jars).find((name) => /^maven3-model-builder.*\.jar$/.test(name))!,
      ),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
