import { describe, expect, it } from 'vitest';
import { BuildpackError } from '../../src/index.ts';
import type { BuildEvent, BuilderDescription, ImageDescription } from '../../src/index.ts';
import { Interruption } from '../../src/cli/interruption.ts';
import { parseBuildpackId } from '../../src/cnb/index.ts';
import { buildingLibrary, digest, runFake, runningLibrary } from '../support/fake-library.ts';
import type { FakeLibrary } from '../support/fake-library.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const output = (text: string): BuildEvent => ({ kind: 'output', buildpack: 'tspack/nodejs', stream: 'stdout', bytes: bytes(text) });
const transfer = (id: string, doneBytes: number, finished = false): BuildEvent => ({
  kind: 'transfer',
  id,
  label: `package ${id}`,
  direction: 'download',
  doneBytes,
  totalBytes: 2_000_000,
  finished,
});

/** Every kind of event, with names and output that try to misbehave. */
const EVENTS: readonly BuildEvent[] = [
  { kind: 'step', id: 'unpack', label: 'Unpacking the build image', finished: false },
  transfer('libc6', 1_000_000),
  transfer('zlib1g', 500_000),
  transfer('libc6', 2_000_000, true),
  transfer('zlib1g', 2_000_000, true),
  { kind: 'step', id: 'unpack', label: 'Unpacking the build image', finished: true },
  { kind: 'phase-started', phase: 'analyzing' },
  { kind: 'message', level: 'debug', message: 'no previous image' },
  { kind: 'phase-finished', phase: 'analyzing', milliseconds: 12 },
  { kind: 'phase-started', phase: 'detecting' },
  {
    kind: 'group',
    considered: 3,
    buildpacks: [
      { id: 'tspack/nodejs', version: '0.1.0' },
      { id: 'evil\u001b[2J', version: '10' },
    ],
  },
  { kind: 'phase-started', phase: 'restoring' },
  { kind: 'layer', action: 'restoring', name: 'tspack/nodejs:npm' },
  { kind: 'layer', action: 'removing', name: 'tspack/nodejs:old', reason: 'not in cache' },
  { kind: 'phase-started', phase: 'building' },
  output('Installing \u001b[32mNode\u001b[0m 22.1.0\npartial'),
  output(' line\r\n\u001b]0;owned\u0007\u001b[2Jtitle\rcarriage\n'),
  { kind: 'output', buildpack: 'tspack/nodejs', stream: 'stderr', bytes: bytes('no newline at the end') },
  { kind: 'message', level: 'warning', message: 'Cache is read-only' },
  { kind: 'phase-started', phase: 'exporting' },
  { kind: 'layer', action: 'reusing', name: 'tspack/nodejs:runtime', sizeBytes: 98_000_000 },
  { kind: 'layer', action: 'adding', name: 'app', sizeBytes: 1_204_000, reason: 'server.js changed' },
  { kind: 'layer', action: 'caching', name: 'tspack/nodejs:npm' },
  { kind: 'delivered', place: 'local store', name: 'example.com/team/myapp:1.2', digest: digest('a') },
];
const BUILD = ['build', 'example.com/team/myapp:1.2', '--builder', 'base'];

/** A clock that moves on with each look. */
function steppingClock(milliseconds: number): () => Date {
  let time = Date.UTC(2024, 0, 2, 3, 4, 5);
  return () => new Date((time += milliseconds));
}

describe('tspack build', () => {
  it('turns flags into options', async () => {
    const { asked, library } = buildingLibrary();
    const argv = [
      ...BUILD,
      '-p',
      'src',
      '-e',
      'A=1',
      '--env',
      'HERE',
      '--publish',
      '--output',
      'oci:out',
      '--output',
      'docker',
      '-D',
      'worker',
      '--network',
      'none',
      '--executor',
      'container',
      '--clear-cache',
      '--frozen',
      '--insecure-registry',
      'r:5000',
    ];
    expect((await runFake(argv, { library, environment: { HERE: 'x' } })).code).toBe(0);
    expect(asked).toEqual([
      {
        image: 'example.com/team/myapp:1.2',
        path: 'src',
        baseDirectory: '/project',
        builder: 'base',
        execEnv: 'production',
        env: { A: '1', HERE: 'x' },
        volumes: [],
        outputs: [{ kind: 'oci', path: '/project/out' }, { kind: 'docker' }, { kind: 'registry' }],
        network: 'none',
        executor: 'container',
        clearCache: true,
        frozen: true,
        defaultProcess: 'worker',
        insecureRegistries: ['r:5000'],
      },
    ]);
  });

  it("turns pack's other flags into options", async () => {
    const { asked, library } = buildingLibrary();
    const text = [
      '-d p.toml --run-image oci:run --pull-policy daily --platform linux/amd64 -b one,./two -b from=builder --pre-buildpack a --post-buildpack b',
      '--extension e --disable-system-buildpacks -t x:2,x:3 -t x:4 --creation-time now --previous-image x:0 --report-output-dir report --sbom-output-dir sbom',
      '--sparse --app packages/web --exec-env test --workspace /app --uid 5 --gid 6 --cache type=build;format=bind;source=cache --network bridge --trust-builder',
    ].join(' ');
    const { code, stderr } = await runFake([...BUILD, ...text.split(' ')], { library });
    expect(code).toBe(0);
    expect(stderr).toMatch(/Warning: Ignoring --trust-builder.*\n.*--network bridge/);
    expect(asked).toEqual([
      {
        image: 'example.com/team/myapp:1.2',
        path: '.',
        baseDirectory: '/project',
        descriptor: '/project/p.toml',
        builder: 'base',
        runImage: 'oci:run',
        pullPolicy: 'daily',
        platform: 'linux/amd64',
        buildpacks: ['one', './two', 'from=builder'],
        preBuildpacks: ['a'],
        postBuildpacks: ['b'],
        extensions: ['e'],
        systemBuildpacks: false,
        tags: ['x:2', 'x:3', 'x:4'],
        creationTime: 1_704_164_645,
        previousImage: 'x:0',
        reportDirectory: '/project/report',
        sbomDirectory: '/project/sbom',
        sparse: true,
        execEnv: 'test',
        workspace: '/app',
        uid: 5,
        gid: 6,
        cache: { kind: 'bind', directory: '/project/cache' },
        env: { BP_APP: 'packages/web' },
        volumes: [],
        outputs: [],
        network: 'host',
        executor: 'auto',
        clearCache: false,
        frozen: false,
        insecureRegistries: [],
      },
    ]);
  });

  it("has pack's headers, plain lines and a summary in a pipe", async () => {
    const { stdout, stderr, code } = await runFake(BUILD, { library: buildingLibrary(EVENTS).library });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `example.com/team/myapp:1.2 ${digest('a')}\n` });
    // eslint-disable-next-line no-control-regex -- no control character may get through
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    await expect(stderr).toMatchFileSnapshot('../golden/cli/build-plain.txt');
  });

  it('does not promise that an image starts by itself', async () => {
    const { stderr } = await runFake(BUILD, { library: buildingLibrary([], { defaultProcess: undefined as unknown as string }).library });
    expect(stderr).toContain('Next: tspack run example.com/team/myapp:1.2 -- COMMAND');
  });

  it('says more with --verbose, and the time with --timestamps', async () => {
    const { stderr } = await runFake([...BUILD, '-v', '--timestamps'], { library: buildingLibrary(EVENTS).library });
    await expect(stderr.replace(/^\d{4}\/\d{2}\/\d{2} \d{2}:\d{2}:05\.678000 /gm, '<time> ')).toMatchFileSnapshot('../golden/cli/build-verbose.txt');
  });

  it('says only warnings and the result with --quiet', async () => {
    expect(await runFake([...BUILD, '-q'], { library: buildingLibrary(EVENTS).library })).toEqual({
      code: 0,
      stdout: `example.com/team/myapp:1.2 ${digest('a')}\n`,
      stderr: 'Warning: Cache is read-only\n',
    });
  });

  it('shows what a buildpack printed with --quiet too, when it fails', async () => {
    const failure = new BuildpackError({ id: parseBuildpackId('tspack/nodejs'), version: '0.1.0' }, { code: 7, signal: undefined });
    const build: FakeLibrary['build'] = (_options, task) => {
      task.events({ kind: 'output', buildpack: 'acme/first', stream: 'stdout', bytes: bytes('went well\n') });
      task.events(output('cannot find x\nnor '));
      task.events(output('y\n'));
      return Promise.reject(failure);
    };
    const { code, stdout, stderr } = await runFake([...BUILD, '-q'], { library: { build } });
    expect({ code, stdout }).toEqual({ code: 51, stdout: '' });
    expect(stderr).toMatch(/^cannot find x\nnor y\nERROR: /);
  });

  it('passes colours of a buildpack on to a terminal, and no other escape', async () => {
    const { stderr } = await runFake(BUILD, { library: buildingLibrary(EVENTS).library, terminal: true });
    expect(stderr).toContain('Installing \u001b[32mNode\u001b[0m 22.1.0\u001b[0m\n');
    expect(stderr).not.toContain('\u001b]0;');
    expect(stderr).not.toContain('\u001b[2J');
  });

  it('shows downloads in one updating block on a terminal, and removes it', async () => {
    const { stderr } = await runFake(BUILD, { library: buildingLibrary(EVENTS.slice(0, 7)).library, terminal: true, columns: 60, now: steppingClock(120) });
    expect(stderr).toContain('Downloading 2 files · 1.5 MB of 4.0 MB');
    const lines = stderr.split('\n').filter((line) => line.includes('Downloading'));
    // eslint-disable-next-line no-control-regex -- escape sequences take no room
    for (const line of lines) expect(line.replace(/\u001b\[[0-9;]*[A-Z]/g, '').length).toBeLessThan(60);
    // Replayed on a terminal, nothing of the block is left.
    expect(replay(stderr)).not.toContain('Downloading');
    expect(replay(stderr)).toContain('Downloaded 2 files, 4.0 MB in');
  });

  it('names the digest once there is a manifest', async () => {
    const { stdout } = await runFake(BUILD, { library: buildingLibrary([], { manifestDigest: digest('b') }).library });
    expect(stdout).toBe(`example.com/team/myapp@${digest('b')}\n`);
    const { stdout: port } = await runFake(BUILD, { library: buildingLibrary([], { name: 'localhost:5000/myapp', manifestDigest: digest('b') }).library });
    expect(port).toBe(`localhost:5000/myapp@${digest('b')}\n`);
  });
});

/** What a terminal shows in the end, for the sequences that we use. */
function replay(text: string): string {
  const lines: string[] = [];
  // eslint-disable-next-line no-control-regex -- escape sequences are what is replayed
  for (const [part] of text.matchAll(/\u001b\[\d+A\u001b\[0J|[^\n]*\n/g)) {
    // eslint-disable-next-line no-control-regex -- same
    const up = /^\u001b\[(\d+)A\u001b\[0J/.exec(part);
    if (up !== null) lines.splice(Math.max(0, lines.length - Number(up[1])));
    const rest = up === null ? part : part.slice(up[0].length);
    if (rest !== '') lines.push(rest);
  }
  return lines.join('');
}

describe('tspack run', () => {
  it('turns flags into options, and passes output and exit code through', async () => {
    const { asked, library } = runningLibrary({ code: 7, signal: undefined }, 'hello\u001b[1m\n');
    const result = await runFake(['run', 'myapp', '-p', '3000:8080', '-e', 'A=1', 'worker', '--runtime', 'sandbox', '--', '-v', '--queue', 'x'], { library });
    expect(result).toEqual({ code: 7, stdout: 'hello\u001b[1m\n', stderr: '' });
    expect(asked[0]).toMatchObject({
      image: 'myapp',
      runtime: 'sandbox',
      ports: [{ hostAddress: '127.0.0.1', hostPort: 3000, containerPort: 8080 }],
      env: { A: '1' },
      process: 'worker',
      args: ['-v', '--queue', 'x'],
      interactive: false,
    });
  });

  it('takes arguments without a process type', async () => {
    const { asked, library } = runningLibrary({ code: 0, signal: undefined });
    await runFake(['run', 'myapp', '--', 'worker'], { library });
    expect(asked[0]).toMatchObject({ args: ['worker'] });
    expect(asked[0]).not.toHaveProperty('process');
  });

  it('ends with 128 and the signal', async () => {
    expect((await runFake(['run', 'myapp'], { library: runningLibrary({ code: undefined, signal: 'SIGKILL' }).library })).code).toBe(137);
  });

  it('ends quietly on Ctrl-C', async () => {
    const controller = new AbortController();
    const library = {
      run: async () => {
        controller.abort(new Interruption('SIGINT'));
        return { code: 0, signal: undefined };
      },
    };
    expect(await runFake(['run', 'myapp'], { library, signal: controller.signal })).toEqual({ code: 130, stdout: '', stderr: '' });
  });

  it('reads its flags before anything starts', async () => {
    const { asked, library } = runningLibrary({ code: 0, signal: undefined });
    expect((await runFake(['run', 'myapp', '-p', 'x'], { library })).code).toBe(3);
    expect(asked).toEqual([]);
  });
});

const IMAGE: ImageDescription = {
  name: 'myapp',
  place: 'local store',
  imageId: digest('a'),
  platform: { os: 'linux', architecture: 'amd64' },
  created: '1980-01-01T00:00:01Z',
  sizeBytes: 141_300_000,
  user: '1001:1000',
  baseImage: { topLayer: digest('b'), reference: `registry.example.com/base@${digest('c')}` },
  runImages: ['registry.example.com/base'],
  rebasable: true,
  buildpacks: [
    { id: 'tspack/nodejs', version: '0.1.0', homepage: 'https://example.com' },
    { id: 'x', version: '2\u001b[31m' },
  ],
  processes: [
    { type: 'worker', default: false, shell: '', command: 'node', args: ['worker.js', '--all'], workingDirectory: '/workspace' },
    { type: 'web', default: true, shell: 'bash', command: 'npm start', args: [] },
  ],
  layers: [
    { diffId: digest('d'), sizeBytes: 30_000_000 },
    { diffId: digest('e'), createdBy: 'Application Layer' },
  ],
};

const BUILDER: BuilderDescription = {
  name: 'base',
  description: 'Debian trixie with bash',
  runImage: 'registry.example.com/run',
  suite: 'trixie',
  targets: [
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm64' },
  ],
  user: { uid: 1001, gid: 1000, name: 'cnb' },
  buildpacks: [{ id: 'tspack/nodejs', version: '0.1.0', name: 'Node.js' }],
  order: [
    [{ id: 'tspack/nodejs', version: '0.1.0', optional: false }],
    [
      { id: 'a', version: '1', optional: true },
      { id: 'b', version: '2', optional: false },
    ],
  ],
  runPackages: [{ name: 'libc6', version: '2.41-12', sizeBytes: 2_847_000 }],
  buildPackages: [
    { name: 'gcc', version: '4:14.2.0-1', sizeBytes: 1_000 },
    { name: 'git', version: '1:2.47.3-0+deb13u1', sizeBytes: 9_000_000 },
  ],
  apis: { buildpack: ['0.10', '0.11', '0.12'], platform: ['0.12', '0.13'] },
};

describe('commands that describe', () => {
  it('tspack inspect shows an image', async () => {
    const library = { inspectImage: async () => IMAGE };
    const { code, stdout } = await runFake(['inspect', 'myapp'], { library });
    expect(code).toBe(0);
    await expect(stdout).toMatchFileSnapshot('../golden/cli/inspect.txt');
    expect(JSON.parse((await runFake(['inspect', 'myapp', '-o', 'json'], { library })).stdout)).toEqual(IMAGE);
  });

  it('tspack inspect passes its flags on', async () => {
    const asked: unknown[] = [];
    const library = { inspectImage: async (location: unknown) => (asked.push(location), IMAGE) };
    await runFake(['inspect', 'myapp', '--remote', '--insecure-registry', 'r:5000'], { library });
    expect(asked).toEqual([{ image: 'myapp', remote: true, insecureRegistries: ['r:5000'] }]);
  });

  it('tspack builder inspect shows a builder', async () => {
    const library = { inspectBuilder: async () => BUILDER };
    await expect((await runFake(['builder', 'inspect', 'base'], { library })).stdout).toMatchFileSnapshot('../golden/cli/builder-inspect.txt');
    await expect((await runFake(['builder', 'inspect', 'base', '-v'], { library })).stdout).toMatchFileSnapshot('../golden/cli/builder-inspect-verbose.txt');
    expect(JSON.parse((await runFake(['builder', 'inspect', 'base', '--output', 'json'], { library })).stdout)).toEqual(BUILDER);
  });

  it('tspack builder inspect shows a builder image, and nothing that it says moves the cursor', async () => {
    const { suite: _suite, user, ...rest } = BUILDER;
    const image: BuilderDescription = {
      ...rest,
      name: 'example.org/builder',
      place: 'registry example.org',
      imageId: digest('a'),
      description: 'Anyone\u001b[2J',
      lifecycle: '0.20.0',
      createdBy: 'pack 0.36.0',
      runImageMirrors: ['example.com/run'],
      user: { uid: user.uid, gid: user.gid },
      extensions: [{ id: 'acme/extension', version: '1' }],
      order: [[{ id: 'acme/any', optional: true }]],
      runPackages: [],
      buildPackages: [],
    };
    const asked: unknown[] = [];
    const library = { inspectBuilder: async (location: unknown) => (asked.push(location), image) };
    await expect((await runFake(['builder', 'inspect', 'oci:layout', '--remote'], { library })).stdout).toMatchFileSnapshot(
      '../golden/cli/builder-inspect-image.txt',
    );
    expect(asked).toEqual([{ image: 'oci:layout', remote: true, insecureRegistries: [] }]);
  });

  it('tspack builder suggest lists the builders', async () => {
    const library = {
      builders: () => [
        { name: 'base', description: 'Debian with bash' },
        { name: 'tiny', description: 'no shell' },
      ],
    };
    expect((await runFake(['builder', 'suggest'], { library })).stdout).toBe('Suggested builders:\n  base:  Debian with bash\n  tiny:  no shell\n');
  });

  it('tspack builder update prints what moved', async () => {
    const changes = [
      { image: 'run', architecture: 'amd64', name: 'libssl3', from: '3.5.1', to: '3.5.2' },
      { image: 'build', architecture: 'amd64', name: 'new', to: '1' },
      { image: 'build', architecture: 'arm64', name: 'old', from: '2' },
    ];
    const update = async (list: typeof changes) => (await runFake(['builder', 'update', 'base'], { library: { updateBuilder: async () => list } })).stdout;
    expect(await update(changes as never)).toBe(
      'run    amd64  libssl3  3.5.1  ->  3.5.2\nbuild  amd64  new      (new)  ->  1\nbuild  arm64  old      2      ->  (gone)\n',
    );
    expect(await update([])).toBe('The lock of base is up to date\n');
  });

  it('tspack builder update takes the names of buildpacks', async () => {
    const asked: unknown[] = [];
    const library = { updateBuilder: async (options: unknown) => (asked.push(options), []) };
    await runFake(['builder', 'update', 'base', '--buildpack', 'static', '-b', 'php'], { library });
    await runFake(['builder', 'update', 'tiny'], { library });
    expect(asked).toEqual([
      { builder: 'base', buildpacks: ['static', 'php'] },
      { builder: 'tiny', buildpacks: [] },
    ]);
  });

  it('tspack sbom download prints the files', async () => {
    const asked: unknown[] = [];
    const library = { downloadSbom: async (_location: unknown, directory: string) => (asked.push(directory), [`${directory}/layers/sbom/launch/x.json`]) };
    expect((await runFake(['sbom', 'download', 'myapp', '-o', 'out'], { library })).stdout).toBe('/project/out/layers/sbom/launch/x.json\n');
  });

  it('tspack sbom download --merged asks for the formats, and refuses others', async () => {
    const asked: unknown[] = [];
    const library = { downloadMergedSbom: async (_location: unknown, request: unknown) => (asked.push(request), ['sbom.cdx.json']) };
    const words = ['sbom', 'download', 'myapp', '-o', 'out'];
    expect((await runFake([...words, '--merged'], { library })).stdout).toBe('sbom.cdx.json\n');
    await runFake([...words, '--merged', '--format', 'SPDX', '--format', 'syft'], { library });
    expect(asked).toEqual([
      { directory: '/project/out', formats: ['cyclonedx', 'spdx', 'syft'] },
      { directory: '/project/out', formats: ['spdx', 'syft'] },
    ]);
    for (const wrong of [
      ['--merged', '--format', 'json'],
      ['--format', 'spdx'],
    ])
      expect((await runFake([...words, ...wrong], { library })).code).toBe(3);
  });

  it('tspack doctor ends with 1 when there is a problem', async () => {
    const findings = [
      { topic: 'sandbox', status: 'problem', message: 'user namespaces are off\nkernel.unprivileged_userns_clone=0', nextStep: 'Set it to 1' },
      { topic: 'docker', status: 'info', message: 'no socket' },
      { topic: 'data', status: 'ok', message: '/home/x/.local/share/tspack' },
    ] as const;
    const result = await runFake(['doctor'], { library: { doctor: async () => findings } });
    expect(result.code).toBe(1);
    await expect(result.stdout).toMatchFileSnapshot('../golden/cli/doctor.txt');
    expect((await runFake(['doctor'], { library: { doctor: async () => findings.slice(1) } })).code).toBe(0);
    const asked: unknown[] = [];
    await runFake(['doctor', '--verify'], { library: { doctor: (options) => (asked.push(options), Promise.resolve([])) } });
    expect(asked).toEqual([{ verify: true }]);
  });
});

describe('tspack builder publish', () => {
  it('names the builder by its digest on standard output, and the other images for people', async () => {
    const asked: unknown[] = [];
    const made = (what: string, digits: string) => ({
      name: `r/tspack:${what}-base`,
      images: [{ platform: 'linux/amd64', imageId: digest('0'), manifestDigest: digest(digits), places: ['registry r'] }],
    });
    const published = { runImage: made('run', 'a'), buildImage: made('build', 'b'), lifecycleImage: made('lifecycle', 'c'), builder: made('builder', 'd') };
    const library = { publishBuilder: (options: unknown) => (asked.push(options), Promise.resolve(published)) };
    const { code, stdout, stderr } = await runFake(['builder', 'publish', 'base', 'r/tspack', '--target', 'linux/amd64,linux/arm64'], { library });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `r/tspack@${digest('d')}\n` });
    expect(asked).toEqual([{ builder: 'base', repository: 'r/tspack', targets: ['linux/amd64', 'linux/arm64'], insecureRegistries: [] }]);
    expect(stderr).toMatch(/Run image: +r\/tspack:run-base sha256:a+ \(linux\/amd64\)/);
    expect(stderr).toContain('tspack deploy tekton --builder r/tspack:builder-base');
    expect((await runFake(['builder', 'publish', 'base'], { library })).code).toBe(3);
  });
});

describe('tspack deploy', () => {
  it('prints what the library says, and wants a system and a builder', async () => {
    const asked: unknown[] = [];
    const library = { deployment: (options: unknown) => (asked.push(options), Promise.resolve('kind: Task\n')) };
    const argv = ['deploy', 'tekton', '--builder', 'r/tspack', '--insecure-registry', 'r'];
    expect(await runFake(argv, { library })).toEqual({ code: 0, stdout: 'kind: Task\n', stderr: '' });
    await runFake(['deploy', 'shipwright', '--builder', 'r/tspack', '--namespaced'], { library });
    expect(asked).toEqual([
      { system: 'tekton', builder: 'r/tspack', namespaced: false, insecureRegistries: ['r'] },
      { system: 'shipwright', builder: 'r/tspack', namespaced: true, insecureRegistries: [] },
    ]);
    expect((await runFake(['deploy', 'tekton'], { library })).code).toBe(3);
    expect((await runFake(['deploy', 'tekon', '--builder', 'r/tspack'], { library })).code).toBe(3);
  });
});

describe('tspack builder create', () => {
  const creating = (places: readonly string[]) =>
    runFake(['builder', 'create', 'team/builder', '--config', 'builder.toml'], {
      library: {
        createBuilderImage: () => Promise.resolve({ name: 'team/builder', images: [{ platform: 'linux/amd64', imageId: digest('a'), places }] }),
      },
    });

  it('says what --builder takes then', async () => {
    expect((await creating(['local store'])).stderr).toContain('Next: tspack build <image> --builder team/builder\n');
    expect((await creating(['oci:/made'])).stderr).toContain('Next: tspack build <image> --builder oci:/made\n');
    expect((await creating(['oci:/made', 'Docker'])).stderr).toContain('Next: tspack build <image> --builder team/builder\n');
  });
});
