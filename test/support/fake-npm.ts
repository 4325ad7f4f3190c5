import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { runCommand, type CommandRunner, type Downloads } from '../../src/sdk/index.ts';

/** A package of the fake registry: its files, and whether it may be asked for. */
async function tarball(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name: `package/${name}`, mode: name.startsWith('bin/') ? 0o755 : 0o644 }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

/** Runtime versions that the fake registry offers. */
export const NODE_VERSIONS = ['20.19.5', '22.21.0', '24.11.1'];

/** A registry without a network: serves Node.js packages of a few bytes, and counts what is asked. */
export async function createFakeRegistry(): Promise<{
  readonly asked: string[];
  readonly createDownloads: () => Downloads;
  tamper: boolean;
  unreachable: boolean;
}> {
  const archives = new Map<string, Buffer>();
  for (const version of NODE_VERSIONS) {
    archives.set(
      version,
      await tarball({
        'bin/node': `#!/bin/sh\necho v${version}\n`,
        LICENSE: 'MIT',
        'README.md': 'x',
        'include/node/node.h': '',
        'include/node/openssl/archs/linux-x86_64/a.h': '',
        'include/node/openssl/archs/aix/a.h': '',
      }),
    );
  }
  const integrityOf = (content: Buffer) => `sha512-${createHash('sha512').update(content).digest('base64')}`;
  const registry = {
    asked: [] as string[],
    tamper: false,
    unreachable: false,
    createDownloads: (): Downloads => ({
      offline: false,
      fetchJson({ url }) {
        registry.asked.push(url);
        if (registry.unreachable) return Promise.reject(new Error('unreachable'));
        if (url.startsWith('https://nodejs.org/')) return Promise.resolve([]);
        return Promise.resolve({
          versions: Object.fromEntries(
            [...archives].map(([version, content]) => [
              version,
              { dist: { tarball: `https://registry.test/node-${version}.tgz`, integrity: integrityOf(content) } },
            ]),
          ),
        });
      },
      fetchText: () => Promise.reject(new Error('no text is served')),
      fetchFile({ url, path, digest }) {
        registry.asked.push(url);
        const content = archives.get(/node-(.*)\.tgz$/.exec(url)![1]!)!;
        if (!('base64' in digest) || integrityOf(registry.tamper ? Buffer.from('other') : content) !== `sha512-${digest.base64}`)
          return Promise.reject(new Error('digest mismatch'));
        writeFileSync(path, content);
        return Promise.resolve('network');
      },
      close: () => Promise.resolve(),
    }),
  };
  return registry;
}

/** What the fake npm installs for a dependency. */
export interface FakePackage {
  readonly files?: Readonly<Record<string, string>>;
  readonly bin?: string;
}

/** npm in name only. */
export interface FakeNpm {
  /** Arguments of each run. */
  readonly calls: string[];
  readonly environments: Readonly<Record<string, string>>[];
  readonly run: CommandRunner;
  /** When set, every run prints this and fails. */
  fail: string | undefined;
}

/**
 * Runs everything for real but npm: `ci` and `install` write packages as package.json names them, `prune` removes devDependencies,
 * `run build` calls `onBuild`.
 */
export function createFakeNpm(
  options: {
    readonly packages?: Readonly<Record<string, FakePackage>>;
    readonly onBuild?: (cwd: string, env: Readonly<Record<string, string>>) => number;
  } = {},
): FakeNpm {
  const fake: FakeNpm = {
    calls: [],
    environments: [],
    fail: undefined,
    run: async (command) => {
      const at = command.command.findIndex((word) => word.endsWith('npm-cli.js'));
      if (at === -1) return await runCommand(command);
      const args = command.command.slice(at + 1);
      fake.calls.push(args.join(' '));
      fake.environments.push(command.env);
      if (fake.fail !== undefined) {
        command.output(fake.fail);
        return { exitCode: 1, signal: undefined, tail: fake.fail, stdout: '' };
      }
      const manifest = JSON.parse(readFileSync(join(command.cwd, 'package.json'), 'utf8')) as Record<string, Record<string, string> | undefined>;
      if (args[0] === 'run') {
        const exitCode = options.onBuild?.(command.cwd, command.env) ?? 0;
        return { exitCode, signal: undefined, tail: exitCode === 0 ? '' : 'sh: 1: missing-tool: not found', stdout: '' };
      }
      const development = args.includes('--include=dev');
      if (args[0] === 'prune') {
        for (const name of Object.keys(manifest['devDependencies'] ?? {})) rmSync(join(command.cwd, 'node_modules', name), { recursive: true, force: true });
      } else {
        for (const name of Object.keys({ ...manifest['dependencies'], ...(development ? manifest['devDependencies'] : {}) }))
          writePackage(command.cwd, name, options.packages?.[name] ?? {});
      }
      return { exitCode: 0, signal: undefined, tail: '', stdout: '' };
    },
  };
  return fake;
}

function writePackage(root: string, name: string, { files = {}, bin }: FakePackage): void {
  const directory = join(root, 'node_modules', name);
  const all = { 'package.json': JSON.stringify({ name, version: '1.0.0', license: 'MIT' }), 'index.js': '', ...files };
  for (const [file, content] of Object.entries(all)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), content);
  }
  const hidden = join(root, 'node_modules/.package-lock.json');
  const lock: { lockfileVersion: number; packages: Record<string, unknown> } = existsSync(hidden)
    ? (JSON.parse(readFileSync(hidden, 'utf8')) as never)
    : { lockfileVersion: 3, packages: {} };
  lock.packages[`node_modules/${name}`] = { version: '1.0.0', integrity: `sha512-${Buffer.from(name).toString('base64')}` };
  writeFileSync(hidden, JSON.stringify(lock));
  if (bin === undefined) return;
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true });
  writeFileSync(join(root, 'node_modules/.bin', name), bin);
}
