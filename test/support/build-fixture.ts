import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { parseApiVersion } from '../../src/cnb/index.ts';
import type { BuildpackId } from '../../src/cnb/index.ts';
import type { HostPath, SandboxPath } from '../../src/executor/index.ts';
import type { ImageConfig } from '../../src/oci/index.ts';
import { build, plan } from '../../src/platform/index.ts';
import type { BuildEvent, BuildOptions, BuildPorts, BuildResult, PlannedBuild, ResolvedBuilder } from '../../src/platform/index.ts';
import { openDownloadStore, openHome, openLocalStore, openRecordStore, openSbomStore } from '../../src/store/index.ts';
import { FakeExecutor } from './fake-executor.ts';
import type { FakeProcess, FakeProgram } from './fake-executor.ts';
import { syntheticImage } from './synthetic-image.ts';

interface FakeBuildpack {
  readonly version?: string;
  /** A function, or the text of a script. */
  readonly detect?: FakeProgram | string;
  readonly build?: FakeProgram | string;
  /** bin/plan; without it there is none. */
  readonly plan?: FakeProgram;
  /** More of `[buildpack]`. */
  readonly info?: string;
}

/** Whole builds with buildpacks in JavaScript: a source folder, a builder of a few bytes, a home. Remove it with `remove()`. */
export class BuildFixture {
  readonly root = mkdtempSync(join(tmpdir(), 'tspack-build-'));
  readonly home = openHome(join(this.root, 'home'));
  readonly store = openLocalStore({ directory: this.home.store, lockDirectory: this.home.locks });
  readonly source = join(this.root, 'source');
  readonly programs: Record<string, FakeProgram> = {};
  readonly executor = new FakeExecutor(this.programs);
  readonly events: BuildEvent[] = [];
  /** What the clock says. */
  now = '2026-01-02T03:04:05.000Z';
  runImageConfig: Partial<ImageConfig> = { config: { User: '1001:1000', Env: ['PATH=/usr/bin:/bin'], Labels: {} } };
  readonly #buildpacks: ResolvedBuilder['buildpacks'][number][] = [];

  constructor() {
    this.write('source/app.txt', 'application');
    this.write('launcher', 'launcher');
    for (const folder of ['usr/lib', 'etc']) mkdirSync(join(this.root, 'build-image', folder), { recursive: true });
  }

  write(path: string, content: string | Uint8Array, mode = 0o644): string {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
    return file;
  }

  /** Adds a buildpack; each is a group of its own, as bundled ones are. */
  buildpack(id: string, { version = '1', detect = () => 0, build: run = () => 0, plan: planning, info = '' }: FakeBuildpack = {}): void {
    const sandboxPath = `/cnb/buildpacks/${id.replaceAll('/', '_')}/${version}`;
    const folder = `buildpacks/${id.replaceAll('/', '_')}`;
    this.write(`${folder}/buildpack.toml`, `api = "0.12"\n[buildpack]\nid = "${id}"\nversion = "${version}"\n${info}\n`);
    for (const [name, program] of [['detect', detect], ['build', run], ...(planning === undefined ? [] : [['plan', planning] as const])] as const) {
      this.write(`${folder}/bin/${name}`, typeof program === 'string' ? program : '', 0o755);
      if (typeof program !== 'string') this.programs[`${sandboxPath}/bin/${name}`] = program;
    }
    const reference = { id: id as BuildpackId, version };
    const known = this.#buildpacks.findIndex((other) => other.reference.id === id);
    this.#buildpacks.splice(known < 0 ? this.#buildpacks.length : known, known < 0 ? 0 : 1, {
      reference,
      hostPath: join(this.root, folder) as HostPath,
      sandboxPath: sandboxPath as SandboxPath,
    });
  }

  readonly resolveBuilder: BuildPorts['resolveBuilder'] = async () => {
    return {
      name: 'fake',
      root: join(this.root, 'build-image') as HostPath,
      user: { uid: 1001, gid: 1000, home: '/home/cnb' },
      env: { PATH: '/usr/bin:/bin', CNB_USER_ID: '1001' },
      order: { order: this.#buildpacks.map(({ reference }) => ({ group: [{ ...reference, optional: false }] })), orderExtensions: [] },
      buildpacks: this.#buildpacks,
      platformApi: parseApiVersion('0.15'),
      extensions: [],
      moduleFolders: { buildpacks: [], extensions: [] },
      platformEnv: {},
      runImages: [],
      mounts: [],
      runImage: {
        image: await syntheticImage('run', { config: this.runImageConfig }),
        name: 'example/run:1',
        reference: 'example/run@sha256:0',
        mirrors: [],
      },
      facts: [{ kind: 'consumed', what: 'debian-package', name: 'libc6', version: '2' }],
    };
  };

  async build(options: Partial<BuildOptions> = {}, ports: Partial<BuildPorts> = {}, signal = new AbortController().signal): Promise<BuildResult> {
    this.events.length = 0;
    return await build(this.#options(options), { events: (event) => this.events.push(event), signal }, { ...this.#ports(), ...ports });
  }

  async plan(options: Partial<BuildOptions> = {}, ports: Partial<BuildPorts> = {}): Promise<PlannedBuild> {
    this.events.length = 0;
    const task = { events: (event: BuildEvent) => void this.events.push(event), signal: new AbortController().signal };
    return await plan(this.#options(options), task, { ...this.#ports(), ...ports });
  }

  /** What was said, phases and layers in a few words. */
  told(): readonly string[] {
    return this.events.flatMap((event) => {
      if (event.kind === 'phase-started') return [event.phase.toUpperCase()];
      if (event.kind === 'layer') return [`${event.action} ${event.name}${event.reason === undefined ? '' : ` (${event.reason})`}`];
      return event.kind === 'message' ? [event.message] : [];
    });
  }

  /** Whether any file below the home holds these bytes. */
  homeHolds(text: string): readonly string[] {
    const files = readdirSync(this.home.directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return files.map((entry) => join(entry.parentPath, entry.name)).filter((file) => readFileSync(file).includes(text));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #options(options: Partial<BuildOptions>): BuildOptions {
    return {
      image: 'example.com/team/app:1',
      path: this.source,
      builder: 'fake',
      env: {},
      volumes: [],
      outputs: [],
      network: 'host',
      executor: 'auto',
      clearCache: false,
      frozen: false,
      insecureRegistries: [],
      ...options,
    };
  }

  #ports(): BuildPorts {
    return {
      home: this.home,
      store: this.store,
      downloads: openDownloadStore(this.home, { now: () => new Date() }),
      sboms: openSbomStore(this.home),
      records: openRecordStore(this.home),
      clock: { now: () => new Date(this.now) },
      resolveBuilder: (request) => this.resolveBuilder(request),
      openSandbox: async () => ({
        executor: this.executor,
        listMerged: () => Promise.reject(new Error('there is no overlay')),
        overlaysWork: async () => false,
      }),
      hostSettings: async () => ({ mounts: [], env: { HTTPS_PROXY: 'http://proxy.example' }, platformEnv: { registry: 'of the host' }, warnings: [] }),
      registry: () => Promise.reject(new Error('the test gives no registry')),
      daemon: () => Promise.reject(new Error('the test gives no daemon')),
      extensions: {
        pull: {
          ...{ home: this.home, store: this.store, clock: { now: () => new Date(0) }, workingDirectory: this.root },
          registry: () => Promise.reject(new Error('the test gives no registry')),
          daemon: () => Promise.resolve(undefined),
        },
        download: () => Promise.reject(new Error('the test gives no network')),
        openRootTar: () => Readable.from([]),
      },
      runGit: () => Promise.reject(new Error('the test gives no git')),
      launcher: { path: () => join(this.root, 'launcher'), version: '1.2.3' },
      hostPlatform: { os: 'linux', architecture: 'amd64' },
      cores: 2,
      sourceDateEpoch: undefined,
    };
  }
}

/** A bin/build that writes these files below its layers folder. */
export function writing(files: Readonly<Record<string, string>>, more?: (process: FakeProcess) => void): FakeProgram {
  return (process) => {
    for (const [name, text] of Object.entries(files)) {
      const file = join(process.hostPath(process.args[0]!), name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    more?.(process);
    return 0;
  };
}
