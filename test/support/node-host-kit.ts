import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { nodejsBuildpack } from '../../buildpacks/nodejs/src/buildpack.ts';
import { createBuildKit, type BuildKit, type BuildKitOptions, type BuildResult } from '../../src/sdk/testing/index.ts';
import { findProgram } from './requirement.ts';

const root = join(import.meta.dirname, '../..');
const npm = findProgram('npm');

/** Whether this host has an npm, whose registry and whose own files {@link createHostKit} uses. */
export const hasNpm = npm !== undefined;

/** A build kit for the Node.js buildpack with the real npm registry, on the host itself. */
export function createHostKit(application: BuildKitOptions['application'], env: Readonly<Record<string, string>> = {}): BuildKit {
  const passed = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && /proxy$|^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/i.test(entry[0]),
    ),
  );
  return createBuildKit({
    buildpack: nodejsBuildpack,
    buildpackDirectory: join(root, 'buildpacks/nodejs'),
    application,
    env: {
      ...passed,
      TSPACK_NPM: dirname(dirname(realpathSync(npm!))),
      npm_config_registry: execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', cwd: tmpdir() }).trim(),
      ...env,
    },
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Variables of a layer that a build took over from the last image, where its files are. */
const known = new WeakMap<BuildKit, Record<string, string>>();

function launchEnvironment(kit: BuildKit): Record<string, string> {
  if (existsSync(join(kit.layersDirectory, 'start'))) known.set(kit, readLaunchEnvironment(kit));
  return known.get(kit) ?? readLaunchEnvironment(kit);
}

/** What a launcher makes of the layers' variables, as far as this buildpack uses them. */
function readLaunchEnvironment(kit: BuildKit): Record<string, string> {
  const folder = join(kit.layersDirectory, 'start/env.launch');
  const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : undefined);
  const web = existsSync(join(folder, 'web')) ? readdirSync(join(folder, 'web')).map((name) => [name.split('.')[0]!, read(join('web', name))!] as const) : [];
  const search = ['node/bin', 'npm/bin', 'yarn/bin', 'pnpm/bin'].map((name) => join(kit.layersDirectory, name));
  return {
    PATH: [...search, '/usr/bin', '/bin', ...(read('PATH.append') ?? '').split(':')].join(':'),
    ...(read('NODE_OPTIONS.prepend') === undefined ? {} : { NODE_OPTIONS: read('NODE_OPTIONS.prepend')! }),
    ...Object.fromEntries(web),
    NODE_ENV: 'production',
  };
}

/** Starts the web process as a launcher would, and returns the answer of one request. */
export async function answerOf(kit: BuildKit, result: BuildResult, path = '/'): Promise<string> {
  const web = result.launch!.processes.find(({ type }) => type === 'web')!;
  const port = await freePort();
  const home = mkdtempSync(join(tmpdir(), 'tspack-home-'));
  const [program, ...args] = [...web.command, ...(web.args ?? [])];
  const child: ChildProcess = spawn(program!, args, {
    cwd: web.workingDirectory ?? kit.applicationDirectory,
    env: { ...launchEnvironment(kit), PORT: String(port), HOME: home },
    stdio: 'inherit',
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  try {
    for (let attempt = 0; attempt < 100; attempt++) {
      try {
        return await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
    throw new Error('the application did not answer');
  } finally {
    child.kill('SIGTERM');
    await ended;
    rmSync(home, { recursive: true, force: true });
  }
}
