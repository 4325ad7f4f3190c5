import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readTar, writeTar } from '../../src/archive/index.ts';
import type { TarSourceEntry } from '../../src/archive/index.ts';
import { executeDockerfile, openBase, parseDockerfile } from '../../src/dockerfile/index.ts';
import type { BaseImage, DockerfileEvent, DockerfileInputs, DockerfilePorts, StageImage } from '../../src/dockerfile/index.ts';
import type { HostPath } from '../../src/executor/index.ts';
import { createLayerWriter, openBlobDirectory, storedTarLayer } from '../../src/oci/index.ts';
import { FakeWorkshop } from './fake-workshop.ts';
import type { FakeCommand } from './fake-workshop.ts';

const PASSWD = 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:34:web:/var/www:/bin/sh\n';
const GROUP = 'root:x:0:\nweb:x:34:\nextra:x:77:web\nstaff:x:50:\n';

/** Dockerfiles executed over a base of a few files, with commands in JavaScript. Remove it with `remove()`. */
export class DockerfileFixture {
  readonly root = mkdtempSync(join(tmpdir(), 'tspack-dockerfile-'));
  readonly workshop: FakeWorkshop;
  readonly events: DockerfileEvent[] = [];
  readonly downloads: Record<string, string> = {};
  config: BaseImage['config'] = { Env: ['PATH=/usr/bin', 'BASE=yes'], User: '', Cmd: ['sh'] };
  base: readonly TarSourceEntry[] = [
    { path: 'etc', type: 'directory', mode: 0o755 },
    { path: 'etc/passwd', type: 'file', content: Buffer.from(PASSWD) },
    { path: 'etc/group', type: 'file', content: Buffer.from(GROUP) },
    { path: 'usr', type: 'directory', mode: 0o755 },
    { path: 'usr/bin', type: 'directory', mode: 0o755 },
    { path: 'bin', type: 'symlink', linkTarget: 'usr/bin' },
    { path: 'srv', type: 'directory', mode: 0o755 },
  ];
  readonly #blobs = openBlobDirectory(join(this.root, 'store'));
  now = 1_000_000_000_000;

  constructor(commands: Record<string, FakeCommand> = {}) {
    this.workshop = new FakeWorkshop(commands);
    for (const folder of ['context', 'cache', 'work']) mkdirSync(join(this.root, folder));
  }

  write(path: string, content: string | Uint8Array, mode = 0o644): void {
    const file = join(this.root, 'context', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
  }

  link(path: string, target: string): void {
    mkdirSync(dirname(join(this.root, 'context', path)), { recursive: true });
    symlinkSync(target, join(this.root, 'context', path));
  }

  async execute(text: string, inputs: Partial<DockerfileInputs> = {}, more: Partial<DockerfilePorts> = {}): Promise<StageImage> {
    this.events.length = 0;
    const platform = { os: 'linux', architecture: 'amd64' };
    const ports: DockerfilePorts = {
      workshop: this.workshop,
      layerWriter: createLayerWriter(this.#blobs),
      storedLayer: (diffId, size) => (this.#blobs.has(diffId) ? storedTarLayer(this.#blobs, diffId, size) : undefined),
      base: async (name) => {
        const layers = [() => writeTar(this.base)];
        return await openBase({ key: name, config: this.config, platform, layers }, ports);
      },
      download: (url) => this.#download(url),
      cache: { directory: join(this.root, 'cache'), tag: 'test', now: this.now },
      workDirectory: join(this.root, 'work'),
      events: (event) => this.events.push(event),
      ...more,
    };
    return await executeDockerfile(
      {
        dockerfile: await parseDockerfile(text, 'Dockerfile'),
        context: join(this.root, 'context') as HostPath,
        buildArguments: {},
        platform,
        surroundings: { mounts: [], env: {}, network: 'none', hostname: 'test' },
        ...inputs,
      },
      ports,
    );
  }

  /** `path mode uid:gid`, with the text of files and the targets of links, of each entry of each added layer. */
  async layers(image: StageImage): Promise<readonly (readonly string[])[]> {
    return await Promise.all(
      image.added.map(async ({ layer }) => {
        const lines: string[] = [];
        for await (const entry of readTar(layer!.openTar())) {
          const chunks: Uint8Array[] = [];
          for await (const chunk of entry.content) chunks.push(chunk);
          const what = entry.type === 'symlink' ? ` -> ${entry.linkTarget!}` : entry.type === 'file' ? ` = ${Buffer.concat(chunks).toString()}` : '';
          lines.push(`${entry.path} ${entry.mode.toString(8)} ${entry.uid}:${entry.gid}${what}`);
        }
        return lines;
      }),
    );
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  async *#download(url: string): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    const text = this.downloads[url];
    if (text === undefined) throw new Error('the server does not answer');
    yield Buffer.from(text);
  }
}
