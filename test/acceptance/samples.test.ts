import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { skipUnlessGiven } from '../support/requirement.ts';
import { imageIdOf, lastLine, runTspack } from '../support/tspack-command.ts';
import type { Ended } from '../support/tspack-command.ts';

/** A checkout of buildpacks/samples; nothing of it is part of this repository. */
const samples = process.env['TSPACK_TEST_SAMPLES'] ?? '';
/** A folder with buildpacks of others, each ready to use: its name is that of the buildpack (docs/conformance.md says how to make them). */
const family = process.env['TSPACK_TEST_FAMILY'] ?? '';
const place = mkdtempSync(join(tmpdir(), 'tspack-samples-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const buildpack = (name: string): readonly string[] => ['--buildpack', join(samples, 'buildpacks', name)];
const build = (image: string, app: string, more: readonly string[]): Promise<Ended> => runTspack(['build', image, '--path', app, '--builder', 'base', ...more]);
const launch = (image: string, more: readonly string[] = []): Promise<Ended> => runTspack(['run', image, ...more, '--runtime', 'sandbox']);

describe.skipIf(skipUnlessGiven('TSPACK_TEST_SAMPLES, a checkout of buildpacks/samples', samples !== '' && existsSync(join(samples, 'buildpacks'))))(
  'the samples, unmodified',
  () => {
    const app = join(samples, 'apps/bash-script');

    it('build and run the shell application with the buildpack of its project.toml', async () => {
      const first = await build('samples/bash', app, []);
      expect(lastLine(first)).toBe(`samples/bash ${imageIdOf(first)}`);
      expect(first.stderr).toContain('---> Bash Script buildpack');
      const { stdout } = await launch('samples/bash');
      expect(stdout).toContain('Here are the contents of the current working directory');
      expect(stdout).toContain('app.sh');
      // What project.toml excludes.
      expect(stdout).not.toContain('README.md');
      expect(stdout).not.toContain('bash-script-buildpack');
      const second = await build('samples/bash', app, []);
      expect(lastLine(second)).toBe(lastLine(first));
      expect(second.stderr).toMatch(/^Layers: +0 layers added/m);
    });

    it('build with one buildpack that provides for another', async () => {
      const ended = await build('samples/world', app, [...buildpack('hello-world'), ...buildpack('hello-moon')]);
      lastLine(ended);
      expect(ended.stderr).toContain('---> Hello World buildpack');
      expect(ended.stderr).toContain('world = "Earth-616"');
      expect(ended.stderr).toContain('---> Hello Moon buildpack');
    });

    it('refuse a buildpack whose requirement nobody provides for', async () => {
      const ended = await build('samples/moon', app, buildpack('hello-moon'));
      expect(ended.code).toBe(20);
      expect(ended.stderr).toContain('samples/hello-moon 0.0.2 would take part, but no group with it fits');
    });

    it('build with a composite buildpack and its dependencies', async () => {
      const ended = await build('samples/universe', app, buildpack('hello-universe'));
      lastLine(ended);
      expect(ended.stderr).toMatch(/samples\/hello-world +0\.0\.2\n.*samples\/hello-moon +0\.0\.2/);
    });

    it('run a process that a buildpack defines', async () => {
      lastLine(await build('samples/processes', app, [...buildpack('hello-processes'), '--default-process', 'sys-info']));
      const { stdout } = await launch('samples/processes');
      // The rest of its output goes through sed, which the run image does not have.
      expect(stdout).toContain('env vars:');
    });

    it.each([
      ['java-maven', 'Java buildpack', 51],
      ['kotlin-gradle', 'Gradle buildpack', 51],
      // It writes `version` beside `name` into its plan, which every supported Buildpack API refuses, as the reference does.
      ['ruby-bundler', 'requires[0].version', 21],
    ])('go as far with %s as the base image and the network let them', async (name, says, exitCode) => {
      const ended = await build(`samples/${name}`, join(samples, 'apps', name), buildpack(name));
      expect([0, exitCode]).toContain(ended.code);
      expect(ended.stderr).toContain(says);
      if (ended.code !== 0) process.stderr.write(`NOT BUILT: ${name}, ${ended.stderr.trim().split('\n').at(-2) ?? ''}\n`);
    });
  },
);

const FAMILY = ['ca-certificates', 'procfile', 'environment-variables', 'image-labels'];

describe.skipIf(
  skipUnlessGiven(
    'TSPACK_TEST_FAMILY, a folder with buildpacks of Paketo',
    family !== '' && FAMILY.every((name) => existsSync(join(family, name, 'bin/build'))),
  ),
)('buildpacks of Paketo, unmodified', () => {
  it('build, run, and build again from what is kept', async () => {
    const app = join(place, 'app');
    const binding = join(place, 'binding');
    mkdirSync(app);
    mkdirSync(binding);
    writeFileSync(join(app, 'Procfile'), 'web: echo "$GREETING from $PWD"\nprint: printenv\n');
    writeFileSync(join(binding, 'type'), 'ca-certificates');
    const bundle = process.env['NODE_EXTRA_CA_CERTS'] ?? '/etc/ssl/certs/ca-certificates.crt';
    cpSync(bundle, join(binding, 'more.pem'));
    const buildpacks = ['--buildpack', FAMILY.map((name) => join(family, name)).join(',')];
    const variables = ['BPE_GREETING=hello', 'BPE_APPEND_LIST=a', 'BPE_DELIM_LIST=:', 'BP_IMAGE_LABELS=com.example.one=1 com.example.two="2 3"'];
    const more = [...buildpacks, ...variables.flatMap((variable) => ['--env', variable]), '--volume', `${binding}:/platform/bindings/ca`];
    const first = await build('samples/paketo', app, more);
    lastLine(first);
    expect(first.stderr).toContain('additional CA certificate(s) to system truststore');
    expect((await launch('samples/paketo')).stdout).toBe('hello from /workspace\n');
    expect((await launch('samples/paketo', ['print', '--env', 'LIST=first'])).stdout).toContain('\nLIST=first:a\n');
    const { stdout } = await runTspack(['inspect', 'samples/paketo', '--output', 'json']);
    expect(stdout).toContain('paketo-buildpacks/image-labels');

    const second = await build('samples/paketo', app, more);
    expect(lastLine(second)).toBe(lastLine(first));
    expect(second.stderr).toMatch(/^Layers: +0 layers added/m);
  });
});
