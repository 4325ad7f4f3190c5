import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createPackageSupply, createRunImage, readBuilder, unpackBuildImage, unpackBuilderNode, unpackToolbox } from '../../src/builder/index.ts';
import type { Architecture, PackageSupply } from '../../src/builder/index.ts';
import { discoverMirrors, httpTransport, readAptSources, readSnapshotAddress } from '../../src/debian/index.ts';
import type { DebianContext } from '../../src/debian/index.ts';
import { packageRoot, systemClock } from '../../src/foundation/index.ts';
import { createHttpClient, downloadVerified, readProxySettings } from '../../src/http/index.ts';
import { createLayerWriter, openBlobDirectory } from '../../src/oci/index.ts';

const client = createHttpClient({ userAgent: 'tspack-test', clock: systemClock, proxy: readProxySettings(process.env) });

/** The bundled builders with real packages, below a folder that keeps what was downloaded. */
export function realBuilders(home: string) {
  const mirrors = discoverMirrors({ environment: process.env, aptSources: readAptSources('/etc/apt'), snapshot: readSnapshotAddress(), now: new Date() });
  const debian: DebianContext = { transport: httpTransport(client), mirrors, cacheDirectory: join(home, 'downloads') };
  const builder = (name: string) => readBuilder(join(packageRoot(), 'builders', name));
  const supply = (name: string, architecture: Architecture): PackageSupply =>
    createPackageSupply({ builder: builder(name), architecture, debian, lockCacheDirectory: join(home, 'locks'), frozen: false, clock: systemClock });
  const common = { cacheDirectory: join(home, 'images'), clock: systemClock };
  const blobs = openBlobDirectory(join(home, 'store'));
  return {
    client,
    builder,
    blobs,
    layerWriter: createLayerWriter(blobs),
    runImage: (name: string, architecture: Architecture, place = 'work') =>
      createRunImage({
        builder: builder(name),
        architecture,
        supply: supply(name, architecture),
        layerWriter: createLayerWriter(blobs),
        workDirectory: join(home, place),
      }),
    buildImage: (name: string, architecture: Architecture) =>
      unpackBuildImage({ ...common, builder: builder(name), architecture, supply: supply(name, architecture) }),
    toolbox: (architecture: Architecture) => unpackToolbox({ ...common, builder: builder('toolbox'), architecture, supply: supply('toolbox', architecture) }),
    node: (name: string, architecture: Architecture) =>
      unpackBuilderNode({
        ...common,
        builder: builder(name),
        architecture,
        registry: execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim(),
        download: async (file, path) => void (await downloadVerified({ client, ...file, path })),
      }),
  };
}

/** The architecture of this machine, when base images are made for it. */
export function machineArchitecture(): Architecture | undefined {
  return process.arch === 'x64' ? 'amd64' : process.arch === 'arm64' ? 'arm64' : undefined;
}

/** The arguments of bubblewrap for a root folder as the sandbox shows it, with the host's resolver and certificates. */
export function sandboxArguments(root: string, mounts: readonly string[], env: Readonly<Record<string, string>>): readonly string[] {
  const bundle = '/etc/ssl/certs/ca-certificates.crt';
  return [
    '--unshare-user',
    '--uid',
    '1001',
    '--gid',
    '1000',
    '--unshare-pid',
    '--unshare-ipc',
    '--die-with-parent',
    '--new-session',
    '--ro-bind',
    root,
    '/',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--tmpfs',
    '/tmp',
    '--tmpfs',
    '/home/cnb',
    ...['/etc/resolv.conf', '/etc/hosts', bundle].filter((path) => existsSync(path)).flatMap((path) => ['--ro-bind', path, path]),
    ...mounts,
    '--clearenv',
    ...Object.entries({ HOME: '/home/cnb', ...env }).flatMap(([name, value]) => ['--setenv', name, value]),
  ];
}
