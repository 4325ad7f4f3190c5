import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTar } from '../../../src/archive/index.ts';
import { parseApiVersion } from '../../../src/cnb/index.ts';
import type { BuildpackId } from '../../../src/cnb/index.ts';
import { openBase } from '../../../src/dockerfile/index.ts';
import type { HostPath, SandboxPath } from '../../../src/executor/index.ts';
import { extend, hasDockerfiles } from '../../../src/lifecycle/extend/extend.ts';
import type { ExtendInputs, ExtendOutcome, ExtendPorts } from '../../../src/lifecycle/extend/extend.ts';
import type { LifecycleEvent } from '../../../src/lifecycle/events.ts';
import { createLayerWriter, openBlobDirectory } from '../../../src/oci/index.ts';
import { FakeWorkshop } from '../../support/fake-workshop.ts';
import { PhaseFixture } from '../../support/phase-fixture.ts';

let fixture: PhaseFixture;
let workshop: FakeWorkshop;
let events: LifecycleEvent[];
beforeEach(() => {
  fixture = new PhaseFixture();
  workshop = new FakeWorkshop({
    make: (root) => (root.write('made', 'x'), root.write('workspace/no', 'x'), 0),
    again: (root) => (root.write('again', root.read('made') ?? ''), 0),
  });
  events = [];
});
afterEach(() => fixture.remove());

const HEAD = 'ARG base_image\nFROM ${base_image}\nARG user_id\nARG group_id\nARG build_id=0\n';
const REBASABLE = 'LABEL io.buildpacks.rebasable=true\n';

function write(path: string, text: string): void {
  const file = join(fixture.root, 'layers/generated', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

interface Options {
  readonly kind?: ExtendInputs['kind'];
  readonly platformApi?: string;
  readonly user?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

async function run(ids: readonly string[], { kind = 'run', platformApi = '0.13', user = '1001:1000', labels = {} }: Options = {}): Promise<ExtendOutcome> {
  const ports: ExtendPorts = {
    workshop,
    layerWriter: createLayerWriter(openBlobDirectory(fixture.folder('store'))),
    download: () => {
      throw new Error('the test has no network');
    },
    cache: { directory: fixture.folder('cache'), tag: 'test', now: 0 },
    workDirectory: fixture.folder('work'),
    events: (event) => events.push(event),
  };
  const passwd = Buffer.from('root:x:0:0::/root:\ncnb:x:1001:1000::/home/cnb:\n');
  const base = await openBase(
    {
      key: 'base',
      config: { User: user, Labels: labels },
      platform: { os: 'linux', architecture: 'amd64' },
      layers: [() => writeTar([{ path: 'etc/passwd', type: 'file', content: passwd }])],
    },
    ports,
  );
  return await extend(
    {
      kind,
      extensions: ids.map((id) => ({ id: id as BuildpackId, version: '1', api: '0.10' })),
      generated: fixture.mounted('layers/generated', '/layers/generated'),
      app: fixture.folder('workspace') as HostPath,
      image: base,
      platformApi: parseApiVersion(platformApi),
      buildId: 'the-build-id',
      ignoredPaths: ['/workspace', '/layers', '/platform'] as SandboxPath[],
      surroundings: { mounts: [], env: {}, network: 'none', hostname: 'test' },
    },
    ports,
  );
}

const messages = (level: string) => events.flatMap((event) => (event.kind === 'message' && event.level === level ? [event.message] : []));

describe('extend()', () => {
  it('applies the Dockerfiles one on the other, with the arguments of the specification', async () => {
    write('a/run.Dockerfile', `${HEAD}ARG own\nUSER root\nENV SEEN="$user_id $group_id $build_id $own"\nRUN make\nUSER 5:6\n`);
    write('a/extend-config.toml', '[[run.args]]\nname = "own"\nvalue = "given"\n[[build.args]]\nname = "own"\nvalue = "other"\n');
    write('b/run.Dockerfile', `${HEAD}ENV B="$user_id $group_id"\nRUN again\n`);
    const { image, layers, applied } = await run(['a', 'none', 'b']);
    expect(image.config).toEqual({
      User: '5:6',
      Labels: { 'io.buildpacks.rebasable': 'false' },
      Env: ['SEEN=1001 1000 the-build-id given', 'B=5 6'],
    });
    expect(layers.map(({ extensionId, createdBy }) => `${extensionId} ${createdBy}`)).toEqual(['a RUN make', 'b RUN again']);
    expect(applied).toBe(2);
    expect(image.index.resolve('/workspace/no').type).toBe('missing');
    expect(messages('info')).toEqual(['a: RUN make', 'b: RUN again']);
    expect(messages('warning')).toEqual(['The extensions leave the user of the run image at 5; it was 1001']);
  });

  it('reads the folders of older Platform APIs', async () => {
    write('run/a/Dockerfile', `${HEAD}RUN make\n`);
    expect((await run(['a'], { platformApi: '0.12' })).layers).toHaveLength(1);
    expect((await run(['a'])).layers).toHaveLength(0);
  });

  it('finds the context that belongs to the kind', async () => {
    const copy = `${HEAD}COPY file /\n`;
    fixture.write('workspace/file', 'app');
    for (const id of ['a', 'b', 'c']) for (const kind of ['build', 'run']) write(`${id}/${kind}.Dockerfile`, copy);
    write('b/context/file', 'shared');
    write('c/context.run/file', 'run only');
    const sizes = async (id: string, kind: 'build' | 'run') => {
      const { image } = await run([id], { kind });
      const chunks: Uint8Array[] = [];
      for await (const chunk of image.added[0]!.layer!.openTar()) chunks.push(chunk);
      return /app|shared|run only/.exec(Buffer.concat(chunks).toString('latin1'))?.[0];
    };
    expect([await sizes('a', 'run'), await sizes('b', 'run'), await sizes('b', 'build'), await sizes('c', 'run'), await sizes('c', 'build')]).toEqual([
      'app',
      'shared',
      'shared',
      'run only',
      'app',
    ]);
  });

  it('calls the image rebasable when each Dockerfile says so', async () => {
    write('a/run.Dockerfile', `${HEAD}${REBASABLE}RUN make\n`);
    write('b/run.Dockerfile', `${HEAD}RUN again\n`);
    const label = async (ids: readonly string[], labels = {}) => (await run(ids, { labels })).image.config.Labels?.['io.buildpacks.rebasable'];
    expect(await label(['a'])).toBe('true');
    expect(await label(['a', 'b'])).toBe('false');
    // A label of the base says nothing of what is put on it.
    expect(await label(['b'], { 'io.buildpacks.rebasable': 'true' })).toBe('false');
    expect(await label([])).toBeUndefined();
  });

  it.each(['root', '0', '0:0', '0:1000'])('refuses a run image that would run as %s', async (user) => {
    write('a/run.Dockerfile', `${HEAD}USER ${user}\nRUN make\n`);
    await expect(run(['a'])).rejects.toMatchObject({ code: 'EXTEND_ROOT_USER', nextStep: 'Let the last run.Dockerfile end with USER ${user_id}:${group_id}' });
    expect(messages('warning')).toEqual(['Extension a changes the user of the run image from 1001 to root; a following extension must reset it']);
  });

  it('lets a following extension reset the user, and build images stay root', async () => {
    write('a/run.Dockerfile', `${HEAD}USER root\nRUN make\n`);
    write('a/build.Dockerfile', `${HEAD}USER root\nRUN make\n`);
    write('b/run.Dockerfile', `${HEAD}USER 1001:1000\n`);
    expect((await run(['a', 'b'])).image.config.User).toBe('1001:1000');
    expect((await run(['a'], { kind: 'build' })).image.config.User).toBe('root');
  });

  it('gives the group that a user without one has', async () => {
    write('a/run.Dockerfile', `${HEAD}USER root\nRUN make\nUSER \${user_id}:\${group_id}\n`);
    expect((await run(['a'], { user: 'cnb' })).image.config.User).toBe('cnb:1000');
  });

  it('says where a command failed', async () => {
    workshop.commands['make'] = (root) => (root.print('it broke'), 4);
    write('a/run.Dockerfile', `${HEAD}\nRUN make\n`);
    await expect(run(['a'])).rejects.toMatchObject({
      code: 'DOCKERFILE_RUN_FAILED',
      message: 'Cannot execute run.Dockerfile of extension a:7: "RUN make" exited with 4',
    });
    expect(events).toContainEqual({ kind: 'output', buildpack: 'a', stream: 'stdout', bytes: Buffer.from('it broke') });
  });
});

describe('hasDockerfiles()', () => {
  it('looks for the kind', () => {
    write('a/run.Dockerfile', HEAD);
    const inputs = {
      extensions: [{ id: 'a' as BuildpackId, version: '1', api: '0.10' }],
      generated: fixture.mounted('layers/generated', '/layers/generated'),
      platformApi: parseApiVersion('0.13'),
    };
    expect(hasDockerfiles({ kind: 'run', ...inputs })).toBe(true);
    expect(hasDockerfiles({ kind: 'build', ...inputs })).toBe(false);
  });
});
