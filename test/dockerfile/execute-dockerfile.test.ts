import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DockerfileError } from '../../src/dockerfile/index.ts';
import type { StageImage } from '../../src/dockerfile/index.ts';
import { DockerfileFixture } from '../support/dockerfile-fixture.ts';
import type { FakeCommand } from '../support/fake-workshop.ts';

let fixture: DockerfileFixture;
afterEach(() => fixture.remove());

const make = (commands: Record<string, FakeCommand> = {}) => (fixture = new DockerfileFixture(commands));

async function refusal(run: Promise<unknown>): Promise<DockerfileError> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DockerfileError);
  return error as DockerfileError;
}

const cached = () => fixture.events.flatMap((event) => (event.kind === 'instruction' ? [event.cached] : []));
const env = (image: StageImage) => image.config.Env;

describe('executeDockerfile()', () => {
  it('changes settings as Docker does', async () => {
    make();
    const { config, added, history } = await fixture.execute(
      [
        'FROM base',
        'ARG port=80 unset',
        'ENV A="x y" B=$A C=${BASE:+set}${unset:-d}',
        'ENV PATH=/opt/bin:$PATH OLD=$A',
        'LABEL "a.b"=$BASE',
        'USER web:$port',
        'EXPOSE $port 8000-8001/udp',
        'VOLUME /data',
        'VOLUME ["/x y"]',
        'STOPSIGNAL SIGINT',
        'HEALTHCHECK --interval=1m30s --retries=2 CMD curl localhost',
        'SHELL ["/bin/bash", "-c"]',
        'ONBUILD RUN later',
        'CMD run $port',
        'ENTRYPOINT ["serve"]',
      ].join('\n'),
      { buildArguments: { port: '81', other: 'x' } },
    );
    expect(config).toEqual({
      Env: ['PATH=/opt/bin:/usr/bin', 'BASE=yes', 'A=x y', 'B=', 'C=setd', 'OLD=x y'],
      Labels: { 'a.b': 'yes' },
      User: 'web:81',
      ExposedPorts: { '81/tcp': {}, '8000/udp': {}, '8001/udp': {} },
      Volumes: { '/data': {}, '/x y': {} },
      StopSignal: 'SIGINT',
      Healthcheck: { Test: ['CMD-SHELL', 'curl localhost'], Interval: 90_000_000_000, Retries: 2 },
      Shell: ['/bin/bash', '-c'],
      OnBuild: ['RUN later'],
      Cmd: ['/bin/bash', '-c', 'run $port'],
      Entrypoint: ['serve'],
    });
    expect(added).toEqual([]);
    expect(history.every(({ empty_layer }) => empty_layer === true)).toBe(true);
  });

  it('drops the command of the base with an entrypoint, and keeps one of its own', async () => {
    make();
    expect((await fixture.execute('FROM base\nENTRYPOINT a')).config.Cmd).toBeUndefined();
    expect((await fixture.execute('FROM base\nCMD ["b"]\nENTRYPOINT a')).config.Cmd).toEqual(['b']);
    expect((await fixture.execute('FROM base\nCMD')).config.Cmd).toEqual([]);
  });

  it('runs commands with variables, arguments, user, folder and shell', async () => {
    make({ one: () => 0, '-x': () => 0, 'a <<X\nbody\nX\n': () => 0, 'script\n': () => 0 });
    fixture.config = { ...fixture.config, WorkingDir: '/srv' };
    await fixture.execute(
      'ARG global=g\nFROM base\nARG global given=default BASE=arg\nRUN one\nUSER web\nSHELL ["bash", "-e"]\nENV given=env\nRUN ["prog", "-x"]\nRUN --network=none a <<X\nbody\nX\nRUN <<EOF\nscript\nEOF\n',
      {
        buildArguments: { given: 'given', HTTP_PROXY: 'http://p' },
        surroundings: { mounts: [], env: { http_proxy: 'host', PATH: 'host' }, network: 'host', hostname: 'h' },
      },
    );
    const [one, two, three, four] = fixture.workshop.ran;
    expect(one).toMatchObject({
      command: ['/bin/sh', '-c', 'one'],
      cwd: '/srv',
      user: { uid: 0, gid: 0, groups: [] },
      env: { PATH: '/usr/bin', HOME: '/root', BASE: 'yes', global: 'g', given: 'given', http_proxy: 'host', HTTP_PROXY: 'http://p' },
    });
    expect(two).toMatchObject({ command: ['prog', '-x'], user: { uid: 33, gid: 34, groups: [77] }, env: { HOME: '/var/www', given: 'env' } });
    expect(three!.command).toEqual(['bash', '-e', 'a <<X\nbody\nX\n']);
    expect(four!.command).toEqual(['bash', '-e', 'script\n']);
    expect(fixture.workshop.opened.map(({ network }) => network)).toEqual(['host', 'host', 'none', 'host']);
  });

  it('makes one layer an instruction that changes files, whiteouts included', async () => {
    make({
      first: (root) => {
        root.write('opt/a', 'one', 0o4755);
        return 0;
      },
      second: (root) => {
        root.remove('opt/a');
        root.write('opt/b', root.read('opt/a') ?? 'gone');
        return 0;
      },
      nothing: () => 0,
    });
    const image = await fixture.execute('FROM base\nRUN first\nRUN second\nRUN nothing\nENV x=y');
    expect(await fixture.layers(image)).toEqual([
      ['/opt 755 0:0', '/opt/a 4755 0:0 = one'],
      ['/opt 755 0:0', '/opt/.wh.a 644 0:0 = ', '/opt/b 644 0:0 = one'],
    ]);
    expect(image.lowers).toHaveLength(3);
    expect(image.history).toEqual([
      { created_by: 'RUN first' },
      { created_by: 'RUN second' },
      { created_by: 'RUN nothing', empty_layer: true },
      { created_by: 'ENV x=y', empty_layer: true },
    ]);
    expect(image.index.resolve('/opt/b').type).toBe('file');
    expect(image.index.resolve('/opt/a').type).toBe('missing');
  });

  it('leaves out what is changed in ignored folders', async () => {
    make({
      both: (root) => {
        root.write('workspace/x', 'x');
        root.write('workspaces', 'y');
        return 0;
      },
    });
    const image = await fixture.execute('FROM base\nRUN both', { ignoredPaths: ['/workspace'] });
    expect(await fixture.layers(image)).toEqual([['/workspaces 644 0:0 = y']]);
  });

  it('makes the working directory when it is missing, for the user', async () => {
    make();
    const image = await fixture.execute('FROM base\nUSER web\nWORKDIR /srv\nWORKDIR a/b\nWORKDIR /bin/../bin\nWORKDIR ../x');
    expect(await fixture.layers(image)).toEqual([['/srv/a 755 33:34', '/srv/a/b 755 33:34'], ['/x 755 33:34']]);
    expect(image.config.WorkingDir).toBe('/x');
  });

  it('uses a layer again for the same base, instruction and variables only', async () => {
    let runs = 0;
    const count: FakeCommand = (root) => {
      root.write('count', String(++runs));
      return 0;
    };
    make({ count, 'count $build_id': count });
    const text = 'FROM base\nARG v build_id=0\nLABEL a=b\nRUN count';
    const first = await fixture.execute(text, { buildArguments: { v: '1' } });
    const again = await fixture.execute(`${text} `, { buildArguments: { v: '1' } });
    expect(cached()).toEqual([true]);
    expect(again.added[0]!.layer!.diffId).toBe(first.added[0]!.layer!.diffId);
    expect(await fixture.layers(again)).toEqual(await fixture.layers(first));
    await fixture.execute(text, { buildArguments: { v: '2' } });
    expect(cached()).toEqual([false]);
    await fixture.execute('FROM base\nENV e=1\nARG v\nRUN count', { buildArguments: { v: '1' } });
    await fixture.execute('FROM other\nARG v\nRUN count', { buildArguments: { v: '1' } });
    expect(runs).toBe(4);

    const volatile = { volatileArguments: ['build_id'] };
    await fixture.execute(text, { buildArguments: { v: '1', build_id: '7' }, ...volatile });
    await fixture.execute(text, { buildArguments: { v: '1', build_id: '8' }, ...volatile });
    expect(cached()).toEqual([true]);
    const mentions = 'FROM base\nARG build_id=0\nRUN count $build_id\nRUN count';
    await fixture.execute(mentions, { buildArguments: { build_id: '7' }, ...volatile });
    await fixture.execute(mentions, { buildArguments: { build_id: '8' }, ...volatile });
    expect(cached()).toEqual([false, false]);
  });

  it('makes a layer anew when it is too old', async () => {
    make({ a: (root) => (root.write('a', 'a'), 0) });
    await fixture.execute('FROM base\nRUN a');
    fixture.now += 13 * 24 * 3600 * 1000;
    await fixture.execute('FROM base\nRUN a');
    expect(cached()).toEqual([true]);
    fixture.now += 2 * 24 * 3600 * 1000;
    await fixture.execute('FROM base\nRUN a');
    expect(cached()).toEqual([false]);
  });

  it('writes no tar where none is wanted', async () => {
    make({ a: (root) => (root.write('a', 'a'), 0), b: (root) => (root.read('a') === 'a' && root.read('c') === 'c' ? 0 : 1) });
    fixture.write('c', 'c');
    const image = await fixture.execute('FROM base\nRUN a\nCOPY c /c\nRUN b', {}, { layerWriter: undefined } as never);
    expect(image.added.map(({ layer }) => layer)).toEqual([undefined, undefined]);
    expect(image.lowers).toHaveLength(3);
  });

  it('builds the stages that are needed, each once, and copies from them', async () => {
    let built = 0;
    make({ one: (root) => (built++, root.write('opt/tool/run', 'tool', 0o755), root.write('opt/tool/doc', 'd'), 0), never: () => 1 });
    const image = await fixture.execute(
      'FROM base AS Build\nRUN one\nFROM base AS unused\nRUN never\nFROM build AS second\nRUN one\nFROM scratch\nCOPY --from=build /opt/tool /usr/tool\nCOPY --from=0 --chown=5 opt/tool/run /bin/\nCOPY --from=second /bin /b/\nCOPY --from=outside /etc/passwd /p',
    );
    expect(await fixture.layers(image)).toEqual([
      ['/usr 755 0:0', '/usr/tool 755 0:0', '/usr/tool/doc 644 0:0 = d', '/usr/tool/run 755 0:0 = tool'],
      ['/bin 755 5:5', '/bin/run 755 5:5 = tool'],
      ['/b 755 0:0'],
      [expect.stringMatching(/^\/p 644 0:0 = root/)],
    ]);
    expect(built).toBe(2);
    expect(image.config).toEqual({});
  });

  it('copies hard links of a stage, whatever became of what they repeat', async () => {
    make({ replace: (root) => (root.write('srv/first', 'new'), root.remove('srv/second'), 0) });
    fixture.base = [
      ...fixture.base,
      { path: 'srv/first', type: 'file', content: Buffer.from('old') },
      { path: 'srv/second', type: 'link', linkTarget: 'srv/first' },
      { path: 'opt/third', type: 'link', linkTarget: 'srv/second' },
    ];
    const image = await fixture.execute('FROM base AS one\nRUN replace\nFROM scratch\nCOPY --from=one /opt /srv /copied/');
    expect(await fixture.layers(image)).toEqual([['/copied 755 0:0', '/copied/third 644 0:0 = old', '/copied/first 644 0:0 = new']]);
  });

  it('takes null in the settings of an image for nothing', async () => {
    make();
    fixture.config = { Env: null, OnBuild: null, Labels: null, Cmd: null } as never;
    expect((await fixture.execute('FROM base\nENV a=b\nLABEL c=d')).config).toEqual({ Env: ['a=b'], Labels: { c: 'd' } });
  });

  it('starts from the target that is asked for', async () => {
    make();
    const text = 'FROM base AS one\nENV a=1\nFROM one\nENV a=2';
    expect(env(await fixture.execute(text, { target: 'ONE' }))).toContain('a=1');
    expect(env(await fixture.execute(text, { target: '1' }))).toContain('a=2');
    expect((await refusal(fixture.execute(text, { target: 'two' }))).message).toContain('no stage "two"');
  });

  it('runs what the base left to do, and does not pass it on', async () => {
    make({ trigger: (root) => (root.write('t', 't'), 0) });
    fixture.config = { ...fixture.config, OnBuild: ['RUN trigger', 'ENV from=trigger'] };
    const image = await fixture.execute('FROM base\nENV own=$from');
    expect(image.config.OnBuild).toBeUndefined();
    expect(env(image)).toContain('own=trigger');
    expect(image.added).toHaveLength(1);
  });

  it('tells arguments of stages and platforms apart', async () => {
    make();
    const image = await fixture.execute('ARG a=1 b=${a}2\nFROM base\nARG a\nARG b=own\nARG c\nARG TARGETARCH\nENV R=$a-$b-${c:-no}-$TARGETARCH-$TARGETOS');
    expect(env(image)).toContain('R=1-own-no-amd64-');
  });

  it('gives up nothing when a command fails, and says which', async () => {
    make({ good: (root) => (root.write('a', 'a'), 0), bad: (root) => (root.print('no such thing\n'), root.write('b', 'b'), 7) });
    const error = await refusal(fixture.execute('FROM base\nRUN good\n\nRUN bad'));
    expect(error).toMatchObject({ code: 'DOCKERFILE_RUN_FAILED', line: 4, exitCode: 7, message: 'Cannot execute Dockerfile:4: "RUN bad" exited with 7' });
    expect(fixture.events).toContainEqual({ kind: 'output', stream: 'stdout', bytes: Buffer.from('no such thing\n') });
    fixture.workshop.commands['bad'] = () => 0;
    await fixture.execute('FROM base\nRUN good\n\nRUN bad');
    expect(cached()).toEqual([true, false]);
  });

  it('stops at once when it is told to, and keeps what was finished', async () => {
    const stop = new AbortController();
    make({ good: (root) => (root.write('a', 'a'), 0), slow: () => (stop.abort(new Error('enough')), 0) });
    await expect(fixture.execute('FROM base\nRUN good\nRUN slow\nRUN never', { signal: stop.signal })).rejects.toThrow('enough');
    expect(fixture.workshop.ran).toHaveLength(2);
    fixture.workshop.commands['slow'] = () => 0;
    await fixture.execute('FROM base\nRUN good\nRUN slow');
    expect(cached()).toEqual([true, false]);
  });

  it('lets two builds make the same layer at once', async () => {
    make({ a: async (root) => (await new Promise((resolve) => setTimeout(resolve, 20)), root.write('a', String(Math.random())), 0) });
    const [one, two] = await Promise.all([fixture.execute('FROM base\nRUN a'), fixture.execute('FROM base\nRUN a')]);
    expect(one.lowers).toEqual(two.lowers);
    expect(one.added[0]!.layer!.diffId).toBe(two.added[0]!.layer!.diffId);
  });

  it.each([
    ['FROM $nothing', 'FROM names no image'],
    ['FROM base\nUSER nobody\nRUN a', 'the image has no user "nobody"'],
    ['FROM base\nENV a=${b', 'not closed'],
    ['FROM base\nARG a="${b:?must be given}"', 'b is not set: must be given'],
    ['FROM base\nEXPOSE http', '"http" is no port'],
    ['FROM base\nHEALTHCHECK --interval=soon CMD a', '--interval is "soon"'],
    ['FROM base\nWORKDIR /etc/passwd', 'is a file in the image'],
    ['FROM base\nRUN --mount=type=secret,id=x a', '--mount=type=secret is not supported'],
    ['FROM base\nRUN --mount=type=cache a', 'needs a target'],
    ['FROM base\nRUN --device=vendor.com/gpu a', '--device=vendor.com/gpu is not supported'],
    ['FROM base\nRUN --security=insecure a', '--security=insecure is not supported'],
    ['FROM base\nADD https://example.com/a.git /x', 'ADD of a git repository'],
    ['FROM base\nCOPY --parents a /x', '--parents is not supported'],
  ])('refuses %j', async (text, problem) => {
    make({ a: () => 0 });
    expect((await refusal(fixture.execute(text))).message).toContain(problem);
  });

  it('gives cache mounts an empty folder, in a place of theirs beneath the image', async () => {
    let beneath: readonly string[] = [];
    make({ a: ({ environment }) => ((beneath = readdirSync(environment.lowers.at(-1)!, { recursive: true }).map(String)), 0) });
    const image = await fixture.execute('FROM base\nRUN --mount=type=cache,target=/var/cache/x --mount=type=tmpfs,dst=/t a');
    expect([...beneath].sort()).toEqual(['t', 'var', 'var/cache', 'var/cache/x']);
    expect(image.lowers).toHaveLength(1);
    expect(readdirSync(join(fixture.root, 'cache/pending'))).toEqual([]);
    expect(fixture.workshop.opened[0]!.mounts).toEqual([
      { kind: 'tmpfs', target: '/var/cache/x' },
      { kind: 'tmpfs', target: '/t' },
    ]);
  });
});
