import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildContext, ChosenRuntime, LayerDirectory } from '../../../../src/sdk/index.ts';
import { MEMORY_PROGRAM } from '../memory-program.ts';
import type { NodeArchive } from '../sources/node-source.ts';

const OPENSSL_FOLDERS: Readonly<Record<string, string>> = { amd64: 'linux-x86_64', arm64: 'linux-aarch64' };

/** Node.js in place: the program for build and launch, the headers for native modules. */
export interface Runtime {
  readonly version: string;
  /** Folder with `node`. */
  readonly binDirectory: string;
  /** Folder with `include/node`, as node-gyp's nodedir. */
  readonly headersDirectory: string;
}

/** Installs Node.js into the layer `node` (build, cache, and launch where a process needs it) and its headers into `node-headers` (cache). */
export async function installRuntime(context: BuildContext, { source, version, found }: ChosenRuntime<NodeArchive>, forLaunch = true): Promise<Runtime> {
  const { architecture } = context.target;
  const inputs = [
    { name: 'Node.js version', value: version, readable: true },
    { name: 'source of Node.js', value: source, readable: true },
    { name: 'architecture', value: architecture, readable: true },
    { name: 'layer format', value: '1' },
  ];
  const unpacked = join(context.layersDirectory, '.node-unpacked');
  rmSync(unpacked, { recursive: true, force: true });
  // Both layers come from one archive, which is fetched at most once.
  const unpack = async () => {
    if (existsSync(unpacked)) return;
    context.log.line(`Fetching Node.js ${version} (${found.name} of ${source})`);
    const otherOpenssl = (path: string) =>
      path.startsWith('include/node/openssl/archs/') && !path.startsWith(`include/node/openssl/archs/${OPENSSL_FOLDERS[architecture]!}/`);
    await found.unpack(unpacked, (path) => path === 'bin/node' || path === 'LICENSE' || (path.startsWith('include/') && !otherOpenssl(path)));
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
    await describeRuntime(context, runtime.layer, version, found);
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

async function describeRuntime(context: BuildContext, layer: LayerDirectory, version: string, found: NodeArchive): Promise<void> {
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
          purl: found.purl,
          description: 'The Node.js JavaScript runtime',
          homepage: 'https://nodejs.org/',
          licences: ['MIT'],
          hashes: await found.hashes(),
          locations: [join(layer.path, 'bin/node')],
        },
      ],
    },
    context.sbomFormats,
  );
}
