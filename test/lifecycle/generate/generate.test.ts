import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnalyzedRunImage, BuildpackId, Plan } from '../../../src/cnb/index.ts';
import { TspackError } from '../../../src/foundation/index.ts';
import { generate } from '../../../src/lifecycle/generate/generate.ts';
import type { GenerateOutcome } from '../../../src/lifecycle/generate/generate.ts';
import type { LifecycleEvent } from '../../../src/lifecycle/events.ts';
import type { FakeProcess, FakeProgram } from '../../support/fake-executor.ts';
import { PhaseFixture } from '../../support/phase-fixture.ts';

let fixture: PhaseFixture;
let events: LifecycleEvent[];
beforeEach(() => {
  fixture = new PhaseFixture();
  events = [];
});
afterEach(() => fixture.remove());

const BUILD = 'ARG base_image\nFROM ${base_image}\nRUN a\n';
const RUN = 'ARG base_image\nFROM ${base_image}\nRUN a\n';

/** Adds an extension whose bin/generate writes these files. */
function extension(id: string, files: Readonly<Record<string, string>>, more?: (process: FakeProcess) => number): void {
  fixture.extension(`${id}@1`);
  const folder = `${id.replaceAll('/', '_')}/1`;
  fixture.write(`extensions/${folder}/bin/generate`, '', 0o755);
  const program: FakeProgram = (process) => {
    for (const [name, text] of Object.entries(files)) {
      const path = join(process.hostPath(process.args[0]!), name);
      mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
      if (!name.endsWith('/')) writeFileSync(path, text);
    }
    return more?.(process) ?? 0;
  };
  fixture.programs[`/cnb/extensions/${folder}/bin/generate`] = program;
}

const RUN_IMAGE: AnalyzedRunImage = { reference: 'run@sha256:1', image: 'run:1', target: { os: 'linux', arch: 'amd64' } };

function run(ids: readonly string[], { platformApi = '0.13', plan = { entries: [] } }: { platformApi?: string; plan?: Plan } = {}): Promise<GenerateOutcome> {
  const groupExtensions = ids.map((id) => ({ id: id as BuildpackId, version: '1', api: '0.10' }));
  return generate(
    {
      ...fixture.inputs(platformApi),
      ...{ group: { group: [], groupExtensions }, plan, runImage: RUN_IMAGE, runImageNames: ['run:1', 'other:1', 'mirror/other:1'] },
      generated: fixture.mounted('layers/generated', '/layers/generated'),
    },
    { sandbox: fixture.sandbox, modules: fixture.modules(), events: (event) => events.push(event) },
  );
}

async function refusal(ids: readonly string[]): Promise<TspackError> {
  const error: unknown = await run(ids).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TspackError);
  return error as TspackError;
}

const generated = (path: string) => join(fixture.root, 'layers/generated', path);
const warnings = () => events.flatMap((event) => (event.kind === 'message' && event.level === 'warning' ? [event.message] : []));

describe('generate()', () => {
  it('gives bin/generate its arguments, folder, plan and environment', async () => {
    let plan = '';
    extension('samples/a', { 'build.Dockerfile': BUILD }, ({ args, hostPath, print }) => {
      plan = readFileSync(hostPath(args[2]!), 'utf8');
      print('said');
      return 0;
    });
    fixture.write('platform/env/GIVEN', 'by user');
    await run(['samples/a'], {
      plan: {
        entries: [
          { providers: [{ id: 'samples/a' as BuildpackId, version: '1', extension: true }], requires: [{ name: 'own', metadata: { a: 1 } }] },
          { providers: [{ id: 'samples/a' as BuildpackId, version: '1', extension: false }], requires: [{ name: 'of-a-buildpack', metadata: {} }] },
        ],
      },
    });
    const { command, cwd, env } = fixture.sandbox.processes[0]!;
    const planPath = command[3]!;
    expect(command).toEqual(['/cnb/extensions/samples_a/1/bin/generate', '/layers/generated/samples_a', '/platform', planPath]);
    expect(cwd).toBe('/workspace');
    expect(env).toMatchObject({
      CNB_EXTENSION_DIR: '/cnb/extensions/samples_a/1',
      CNB_OUTPUT_DIR: '/layers/generated/samples_a',
      CNB_BP_PLAN_PATH: planPath,
      CNB_PLATFORM_DIR: '/platform',
      CNB_TARGET_OS: 'linux',
      GIVEN: 'by user',
    });
    for (const name of ['CNB_LAYERS_DIR', 'CNB_BUILDPACK_DIR', 'CNB_EXEC_ENV', 'SECRET']) expect(env).not.toHaveProperty(name);
    expect(plan).toContain('name = "own"');
    expect(plan).not.toContain('of-a-buildpack');
    expect(events).toEqual([{ kind: 'output', buildpack: 'samples/a', stream: 'stdout', bytes: Buffer.from('said') }]);
  });

  it('gives an entry to the first extension that provides it, and takes it out of the plan', async () => {
    const seen: string[] = [];
    const look = ({ args, hostPath }: FakeProcess) => (seen.push(readFileSync(hostPath(args[2]!), 'utf8')), 0);
    extension('a', {}, look);
    extension('b', {}, look);
    const provider = (id: string, isExtension: boolean) => ({ id: id as BuildpackId, version: '1', extension: isExtension });
    const { plan } = await run(['a', 'b'], {
      plan: {
        entries: [
          { providers: [provider('a', true), provider('b', true)], requires: [{ name: 'x', metadata: {} }] },
          { providers: [provider('c', false)], requires: [{ name: 'y', metadata: {} }] },
        ],
      },
    });
    expect(seen.map((text) => text.includes('"x"'))).toEqual([true, false]);
    expect(plan.entries.map(({ requires }) => requires[0]!.name)).toEqual(['y']);
  });

  it('leaves outputs where Platform API 0.13 wants them, and empties what was there', async () => {
    mkdirSync(generated('a'), { recursive: true });
    writeFileSync(generated('a/old'), '');
    extension('a', { 'build.Dockerfile': BUILD, 'extend-config.toml': '[[build.args]]\nname = "x"\nvalue = "y"\n', 'context.build/file': 'x' });
    const { dockerfiles, runImage } = await run(['a']);
    expect(dockerfiles).toEqual([{ extension: { id: 'a', version: '1' }, kind: 'build', extends: true, ignored: false }]);
    expect(runImage).toEqual(RUN_IMAGE);
    expect(['a/build.Dockerfile', 'a/extend-config.toml', 'a/context.build/file', 'a/old'].map((path) => existsSync(generated(path)))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('puts them in folders by kind below 0.13', async () => {
    extension('samples/a', { 'build.Dockerfile': BUILD, 'run.Dockerfile': RUN, 'extend-config.toml': '' });
    await run(['samples/a'], { platformApi: '0.12' });
    for (const kind of ['build', 'run']) {
      expect(readFileSync(generated(`${kind}/samples_a/Dockerfile`), 'utf8')).toBe(BUILD);
      expect(existsSync(generated(`${kind}/samples_a/extend-config.toml`))).toBe(true);
    }
    expect(existsSync(generated('samples_a'))).toBe(false);
  });

  it('takes the generate folder of an extension without bin/generate', async () => {
    fixture.extension('a@1');
    fixture.write('extensions/a/1/generate/run.Dockerfile', 'FROM other:1\n');
    fixture.write('extensions/a/1/generate/context/x', 'x');
    const { runImage } = await run(['a']);
    expect(runImage).toEqual({ reference: 'other:1', image: 'other:1' });
    expect(existsSync(generated('a/context/x'))).toBe(true);
    expect(warnings()).toEqual([]);
  });

  it('lets the last run.Dockerfile that names an image decide', async () => {
    extension('a', { 'run.Dockerfile': RUN });
    extension('b', { 'run.Dockerfile': 'FROM mirror/other:1\nRUN b\n' });
    extension('c', { 'run.Dockerfile': 'FROM strange:1\n', 'build.Dockerfile': BUILD });
    extension('d', { 'run.Dockerfile': RUN });
    expect((await run(['a', 'b', 'c'])).runImage).toEqual({ reference: 'strange:1', image: 'strange:1' });
    expect(warnings()).toEqual(['The run image "strange:1", which an extension has chosen, is not among those of the builder']);
    expect(
      ['a/run.Dockerfile', 'a/run.Dockerfile.ignore', 'b/run.Dockerfile.ignore', 'c/run.Dockerfile', 'c/build.Dockerfile'].map((path) =>
        existsSync(generated(path)),
      ),
    ).toEqual([false, ...[true, true, true, true]]);
    expect((await run(['a', 'b'])).runImage).toEqual({ reference: 'mirror/other:1', image: 'mirror/other:1', extend: true });
    expect((await run(['c', 'd'])).runImage).toEqual({ reference: 'strange:1', image: 'strange:1', extend: true });
    expect((await run(['a', 'd'])).runImage).toEqual({ ...RUN_IMAGE, extend: true });
    extension('same', { 'run.Dockerfile': 'FROM run:1\n' });
    expect((await run(['same'])).runImage).toEqual(RUN_IMAGE);
  });

  it('warns of instructions that are not recommended', async () => {
    extension('a', { 'run.Dockerfile': `${RUN}\nEXPOSE 80\n` });
    await run(['a']);
    expect(warnings()).toEqual(['run.Dockerfile of extension a: EXPOSE in line 5 is not recommended']);
  });

  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ['a second FROM', { 'run.Dockerfile': 'FROM a\nFROM b\n' }, 'run.Dockerfile has a second FROM in line 2'],
    ['no FROM', { 'build.Dockerfile': 'ARG base_image\n' }, 'a/build.Dockerfile:1: it has no FROM'],
    ['an unknown instruction', { 'run.Dockerfile': 'FROM a\nFETCH b\n' }, '"FETCH" is no instruction'],
    ['no ARG', { 'build.Dockerfile': 'FROM ${base_image}\n' }, 'must begin with "ARG base_image"'],
    ['another ARG', { 'build.Dockerfile': 'ARG base_image\nARG x\nFROM ${base_image}\n' }, 'must begin with "ARG base_image"'],
    ['another base', { 'build.Dockerfile': 'ARG base_image\nFROM debian\n' }, 'starts FROM "debian"'],
    ['both kinds of context', { 'context/x': '', 'context.run/x': '' }, 'both "context" and "context.run"'],
    ['arguments of the lifecycle', { 'extend-config.toml': '[[run.args]]\nname = "user_id"\nvalue = "0"\n' }, 'sets "user_id"'],
    ['no TOML', { 'extend-config.toml': '[' }, 'extend-config.toml'],
    ['wrong types', { 'extend-config.toml': '[[build.args]]\nname = 1\n' }, 'extend-config.toml'],
  ])('refuses %s', async (_, files, problem) => {
    extension('a', files);
    const error = await refusal(['a']);
    expect(error.code).toBe('EXTENSION_OUTPUT_INVALID');
    expect(error.message).toContain('Cannot use what extension a@1 generated: ');
    expect(error.message).toContain(problem);
  });

  it('fails when bin/generate fails, and runs no other', async () => {
    extension('a', {}, () => 3);
    extension('b', {});
    expect(await refusal(['a', 'b'])).toMatchObject({
      code: 'EXTENSION_FAILED',
      exitCode: 3,
      message: 'Cannot generate: bin/generate of extension a@1 exited with 3',
    });
    expect(fixture.sandbox.processes).toHaveLength(1);
  });

  it('reads nothing outside of the output folder', async () => {
    fixture.write('secret/run.Dockerfile', 'FROM secret\n');
    extension('a', {}, ({ args, hostPath }) => {
      symlinkSync(join(fixture.root, 'secret/run.Dockerfile'), join(hostPath(args[0]!), 'run.Dockerfile'));
      return 0;
    });
    expect((await run(['a'])).dockerfiles).toEqual([]);
    extension('b', {}, ({ args, hostPath }) => {
      rmSync(hostPath(args[0]!), { recursive: true });
      symlinkSync(join(fixture.root, 'secret'), hostPath(args[0]!));
      return 0;
    });
    expect((await refusal(['b'])).message).toContain('its output folder is gone');
  });
});
