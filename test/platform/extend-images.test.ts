import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTar } from '../../src/archive/index.ts';
import type { BuildpackId } from '../../src/cnb/index.ts';
import type { HostPath, SandboxPath } from '../../src/executor/index.ts';
import type { BuildPorts } from '../../src/platform/index.ts';
import { BuildFixture, writing } from '../support/build-fixture.ts';
import { FakeWorkshop } from '../support/fake-workshop.ts';

let fixture: BuildFixture;
let workshop: FakeWorkshop;
beforeEach(() => {
  fixture = new BuildFixture();
  workshop = new FakeWorkshop({ change: (root) => (root.write('opt/tool', 'tool'), 0) });
});
afterEach(() => fixture.remove());

const HEAD = 'ARG base_image\nFROM ${base_image}\n';

/** Builds with one extension that has these files in its `generate` folder. */
async function build(
  files: Readonly<Record<string, string>>,
  sandbox: Partial<Awaited<ReturnType<BuildPorts['openSandbox']>>> = { openWorkshop: () => Promise.resolve(workshop) },
) {
  const folder = 'extensions/ext/1';
  fixture.write(`${folder}/extension.toml`, 'api = "0.10"\n[extension]\nid = "test/ext"\nversion = "1"\n');
  fixture.write(`${folder}/detect/plan.toml`, '[[provides]]\nname = "tool"\n');
  for (const [name, text] of Object.entries(files)) fixture.write(`${folder}/generate/${name}`, text);
  const resolveBuilder: BuildPorts['resolveBuilder'] = async (request) => {
    const builder = await fixture.resolveBuilder(request);
    const reference = { id: 'test/ext' as BuildpackId, version: '1' };
    return {
      ...builder,
      order: { ...builder.order, orderExtensions: [{ group: [{ ...reference, optional: true }] }] },
      extensions: [{ reference, hostPath: join(fixture.root, folder) as HostPath, sandboxPath: '/cnb/extensions/test_ext/1' as SandboxPath }],
    };
  };
  const openSandbox: BuildPorts['openSandbox'] = () =>
    Promise.resolve({
      executor: fixture.executor,
      listMerged: () => Promise.reject(new Error('there is no overlay')),
      overlaysWork: () => Promise.resolve(false),
      ...sandbox,
    });
  const pull: BuildPorts['extensions']['pull'] = {
    ...{ home: fixture.home, store: fixture.store, clock: { now: () => new Date(1e12) }, workingDirectory: fixture.root },
    registry: () => Promise.reject(new Error('the test gives no registry')),
    daemon: () => Promise.resolve(undefined),
  };
  const extensions = {
    pull,
    download: () => Promise.reject(new Error('the test gives no network')),
    openRootTar: () => writeTar([{ path: 'etc', type: 'directory' }]),
  };
  return await fixture.build({}, { resolveBuilder, openSandbox, extensions });
}

const requires = (name: string) => `#!/bin/sh\nprintf '[[requires]]\\nname = "${name}"\\n' > "$2"\n`;

describe('extendImages()', () => {
  it('extends the run image, and says so', async () => {
    fixture.buildpack('test/app', { detect: requires('tool') });
    const { layers } = await build({ 'run.Dockerfile': `${HEAD}RUN change\nLABEL a=b\n` });
    expect(layers.map(({ name }) => name)[0]).toBe('test/ext:extended-layer-2');
    expect(fixture.told()).toEqual(expect.arrayContaining(['EXTENDING', 'test/ext: RUN change']));
    const again = await build({ 'run.Dockerfile': `${HEAD}RUN change\nLABEL a=b\n` });
    expect(fixture.told()).toContain('test/ext: RUN change (cached)');
    expect(again.layers.every(({ reused }) => reused)).toBe(true);
    expect(workshop.ran).toHaveLength(1);
    expect(existsSync(join(fixture.home.cache, 'dockerfile/pending'))).toBe(true);
  });

  it('runs buildpacks over the extended build image, as the same user', async () => {
    let path: string | undefined;
    fixture.buildpack('test/app', { detect: requires('tool'), build: writing({}, ({ env }) => void (path = env['PATH'])) });
    await build({ 'build.Dockerfile': `${HEAD}USER root\nENV PATH=/opt:$PATH\nRUN change\n` });
    const { environment } = fixture.executor.opened.at(-1)!;
    expect(environment.above).toHaveLength(1);
    expect(environment.root).toMatch(/\.layer$/);
    expect(environment.user).toEqual({ uid: 1001, gid: 1000 });
    expect(path).toBe('/opt:/usr/bin:/bin');
  });

  it('changes nothing for a group without extensions', async () => {
    fixture.buildpack('test/app');
    await build({ 'run.Dockerfile': `${HEAD}RUN change\n` });
    expect(fixture.told()).not.toContain('EXTENDING');
    expect(workshop.ran).toEqual([]);
  });

  it('says when no root can be changed here', async () => {
    fixture.buildpack('test/app', { detect: requires('tool') });
    await expect(build({ 'run.Dockerfile': `${HEAD}RUN change\n` }, {})).rejects.toMatchObject({ code: 'EXTENSIONS_UNSUPPORTED' });
  });

  it('fails with the output of a command that fails, and leaves nothing half made', async () => {
    fixture.buildpack('test/app', { detect: requires('tool') });
    workshop.commands['change'] = (root) => (root.print('no luck'), 9);
    await expect(build({ 'run.Dockerfile': `${HEAD}RUN change\n` })).rejects.toMatchObject({ code: 'DOCKERFILE_RUN_FAILED', exitCode: 9 });
    expect(fixture.events).toContainEqual({ kind: 'output', buildpack: 'test/ext', stream: 'stdout', bytes: Buffer.from('no luck') });
  });
});
