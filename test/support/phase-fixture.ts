import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseApiVersion } from '../../src/cnb/index.ts';
import type { HostPath, SandboxPath } from '../../src/executor/index.ts';
import { createPlainLayersDirectory } from '../../src/lifecycle/cache/plain-layers-directory.ts';
import type { LayersDirectory } from '../../src/lifecycle/layers-directory.ts';
import { createModuleStore } from '../../src/lifecycle/module-store.ts';
import type { MountedDirectory } from '../../src/lifecycle/mounted-directory.ts';
import { FakeSandbox } from './fake-executor.ts';
import type { FakeProgram } from './fake-executor.ts';

/** The folders of a build on disk, and the inputs that detect and build share. Remove it with `remove()`. */
export class PhaseFixture {
  readonly root = mkdtempSync(join(tmpdir(), 'tspack-phase-'));
  /** How often the phase took notice of what a process wrote. */
  refreshCount = 0;
  readonly layers: LayersDirectory & { readonly root: string };
  readonly programs: Record<string, FakeProgram> = {};
  readonly sandbox: FakeSandbox;

  constructor() {
    const root = this.folder('layers');
    const refresh = (): Promise<void> => {
      this.refreshCount++;
      return Promise.resolve();
    };
    this.layers = { ...createPlainLayersDirectory(root), refresh, root };
    const names = ['workspace', 'layers', 'platform', 'scratch'];
    const mounts = Object.fromEntries(names.map((name) => [`/${name}`, this.folder(name)]));
    this.sandbox = new FakeSandbox({
      mounts: {
        ...mounts,
        '/cnb/buildpacks': this.folder('buildpacks'),
        '/cnb/extensions': this.folder('extensions'),
        '/cnb/build-config': this.folder('build-config'),
      },
      programs: this.programs,
    });
  }

  folder(name: string): string {
    const path = join(this.root, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  write(path: string, text: string, mode = 0o644): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
  }

  /** Adds a buildpack. `detect` and `build` are JavaScript, or the text of a script that runs on the host. */
  buildpack(
    name: string,
    options: {
      readonly api?: string;
      readonly info?: string;
      readonly toml?: string;
      readonly detect?: FakeProgram | string;
      readonly build?: FakeProgram | string;
    } = {},
  ): void {
    const [id, version] = name.split('@') as [string, string];
    const folder = `${id.replaceAll('/', '_')}/${version}`;
    this.write(
      `buildpacks/${folder}/buildpack.toml`,
      `api = "${options.api ?? '0.10'}"\n[buildpack]\nid = "${id}"\nversion = "${version}"\n${options.info ?? ''}\n${options.toml ?? ''}\n`,
    );
    if (options.toml?.includes('[[order]]') === true) return;
    for (const executable of ['detect', 'build'] as const) {
      const program = options[executable] ?? (() => 0);
      this.write(`buildpacks/${folder}/bin/${executable}`, typeof program === 'string' ? program : '', 0o755);
      if (typeof program !== 'string') this.programs[`/cnb/buildpacks/${folder}/bin/${executable}`] = program;
    }
  }

  extension(name: string, options: { readonly detect?: FakeProgram; readonly plan?: string } = {}): void {
    const [id, version] = name.split('@') as [string, string];
    const folder = `${id.replaceAll('/', '_')}/${version}`;
    this.write(`extensions/${folder}/extension.toml`, `api = "0.10"\n[extension]\nid = "${id}"\nversion = "${version}"\n`);
    if (options.plan !== undefined) this.write(`extensions/${folder}/detect/plan.toml`, options.plan);
    if (options.detect === undefined) return;
    this.write(`extensions/${folder}/bin/detect`, '', 0o755);
    this.programs[`/cnb/extensions/${folder}/bin/detect`] = options.detect;
  }

  mounted(hostName: string, sandboxPath: string): MountedDirectory {
    return { hostPath: this.folder(hostName) as HostPath, sandboxPath: sandboxPath as SandboxPath };
  }

  modules() {
    return createModuleStore({ buildpacks: [this.mounted('buildpacks', '/cnb/buildpacks')], extensions: [this.mounted('extensions', '/cnb/extensions')] });
  }

  inputs(platformApi = '0.14') {
    return {
      platformApi: parseApiVersion(platformApi),
      imageEnv: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: '/home/cnb', CNB_USER_ID: '1001', SECRET: 'no' },
      platform: this.mounted('platform', '/platform'),
      buildConfig: this.mounted('build-config', '/cnb/build-config'),
      target: { os: 'linux', arch: 'amd64', distro: { name: 'debian', version: '13' } },
      execEnv: 'production',
      app: '/workspace' as SandboxPath,
      scratch: this.mounted('scratch', '/scratch'),
    };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
