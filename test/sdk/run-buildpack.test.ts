import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defineBuildpack, detected, notDetected, TspackError, type Buildpack, type BuildContext } from '../../src/sdk/index.ts';
import { createBuildKit } from '../../src/sdk/testing/index.ts';

const buildpackDirectory = join(import.meta.dirname, '../fixtures/sdk-buildpack');

function kitFor(build: (context: BuildContext) => Promise<void> | void, detect: Buildpack['detect'] = () => detected()) {
  return createBuildKit({ buildpack: defineBuildpack({ detect, build }), buildpackDirectory, application: { 'app.txt': 'one' } });
}

describe('runBuildpack()', () => {
  it('tells of a full disk in words, not with a stack', async () => {
    using kit = kitFor(() => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    });
    await kit.detect();
    const { exitCode, stderr } = await kit.build();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Error: Cannot write a file: no space is left on the disk\n {2}Free some space /m);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

describe('runBuildpack() detect', () => {
  it('exits 0 and writes the plan', async () => {
    using kit = kitFor(
      () => undefined,
      () => detected({ provides: ['thing'], requires: ['thing', { name: 'node', metadata: { build: true } }] }),
    );
    const result = await kit.detect();
    expect(result).toMatchObject({
      exitCode: 0,
      plan: { alternatives: [{ provides: ['thing'], requires: [{ name: 'thing' }, { name: 'node', metadata: { build: true } }] }] },
    });
  });

  it('exits 100 and explains what it looked for', async () => {
    using kit = kitFor(
      () => undefined,
      () => notDetected({ lookedFor: ['a.json', 'b.json'], nearMisses: ['web/a.json'] }),
    );
    expect(await kit.detect()).toMatchObject({ exitCode: 100, plan: undefined, stdout: 'Thing: no a.json or b.json here (nearest: web/a.json)\n' });
  });

  it('exits 1 and shows both parts of an error', async () => {
    using kit = kitFor(
      () => undefined,
      () => {
        throw new TspackError({ code: 'THING_BAD', message: 'Cannot use "\u001b[31mx"', nextStep: 'Do this.' });
      },
    );
    expect(await kit.detect()).toMatchObject({ exitCode: 1, stderr: 'Error: Cannot use "\\x1b[31mx" [THING_BAD]\n  Do this.\n' });
  });
});

describe('BuildContext.layer()', () => {
  const build = async (context: BuildContext) => {
    const outcome = await context.layer({
      name: 'tool',
      types: { launch: true, cache: true },
      inputs: [
        { name: 'app.txt', value: readFileSync(join(context.applicationDirectory, 'app.txt'), 'utf8') },
        { name: 'version', value: context.env['TOOL_VERSION'] ?? '1', readable: true },
      ],
      create: async (layer) => {
        writeFileSync(join(layer.path, 'made'), 'x');
        layer.setEnv('launch', 'TOOL', 'append', '/a', ':');
        layer.setEnv({ process: 'web' }, 'MODE', 'override', 'web');
        layer.addExecD('memory', { content: '#!/bin/sh\n' });
        await layer.writeSbom({ subject: { name: 'tool' }, tool: { name: 't', version: '1' }, components: [] }, context.sbomFormats);
        return { answer: 42 };
      },
    });
    context.log.line(`${outcome.status}: ${outcome.reason}: ${JSON.stringify(outcome.data)}`);
    context.addProcess({ type: 'web', command: ['tool'], args: ['x'], default: true });
  };

  it('makes a layer, reuses it, and rebuilds it, with the reason each time', async () => {
    using kit = kitFor(build);
    const first = await kit.build();
    expect(first.stderr).toBe('');
    expect(first.stdout).toBe('Thing 1.2.3\n    created: not built before: {"answer":42}\n');
    expect(first.layers.get('tool')).toEqual({
      types: { launch: true, build: false, cache: true },
      metadata: { inputs: { 'app.txt': 'one', version: '1' }, data: { answer: 42 } },
    });
    expect(first.launch?.processes).toMatchObject([{ type: 'web', command: ['tool'], args: ['x'], default: true }]);
    const layer = join(kit.layersDirectory, 'tool');
    expect(readFileSync(join(layer, 'env.launch/TOOL.append'), 'utf8')).toBe('/a');
    expect(readFileSync(join(layer, 'env.launch/TOOL.delim'), 'utf8')).toBe(':');
    expect(readFileSync(join(layer, 'env.launch/web/MODE.override'), 'utf8')).toBe('web');
    expect(readdirSync(kit.layersDirectory)).toContain('tool.sbom.cdx.json');

    expect((await kit.build()).stdout).toContain('Reusing tool: app.txt and version unchanged\n    reused: app.txt and version unchanged: {"answer":42}');

    kit.setEnv('TOOL_VERSION', '2');
    expect((await kit.build()).stdout).toContain('Rebuilding tool: version changed from 1 to 2\n');
    kit.change('app.txt', 'two');
    expect((await kit.build()).stdout).toContain('Rebuilding tool: app.txt changed\n');
  });

  it('leaves no layer behind when making it fails', async () => {
    using kit = kitFor(async (context) => {
      await context.layer({
        name: 'tool',
        types: { cache: true },
        inputs: [],
        create: () => {
          throw new TspackError({ code: 'THING_BAD', message: 'Cannot make it' });
        },
      });
    });
    expect(await kit.build()).toMatchObject({ exitCode: 1, launch: undefined, layers: new Map() });
    expect(existsSync(join(kit.layersDirectory, 'tool.toml'))).toBe(false);
  });

  it('takes a layer that is only launched from the previous image without its files', async () => {
    using kit = kitFor(async (context) => {
      const { status } = await context.layer({
        name: 'only',
        types: { launch: true },
        inputs: [{ name: 'v', value: '1' }],
        create: (layer) => (writeFileSync(join(layer.path, 'f'), ''), {}),
      });
      context.log.line(status);
    });
    expect((await kit.build()).stdout).toContain('created');
    expect((await kit.build()).stdout).toContain('reused');
    expect(existsSync(join(kit.layersDirectory, 'only'))).toBe(false);
  });

  it('refuses the names that the specification keeps for itself', async () => {
    using kit = kitFor(async (context) => void (await context.layer({ name: 'launch', types: {}, inputs: [], create: () => ({}) })));
    expect((await kit.build()).stderr).toContain('LAYER_NAME_INVALID');
  });
});

describe('detected()', () => {
  it('writes further plans as alternatives, in their order', async () => {
    using kit = createBuildKit({
      buildpack: defineBuildpack({
        detect: () => detected({ provides: ['frontend'] }, { provides: ['node'], requires: ['node', { name: 'static-web', metadata: { root: 'dist' } }] }, {}),
        build: () => undefined,
      }),
      buildpackDirectory,
      application: {},
    });
    expect((await kit.detect()).plan?.alternatives).toEqual([
      { provides: ['frontend'], requires: [] },
      { provides: ['node'], requires: [{ name: 'node' }, { name: 'static-web', metadata: { root: 'dist' } }] },
      { provides: [], requires: [] },
    ]);
  });
});

describe('bindings', () => {
  it('are read by name with their type in lower case', async () => {
    using kit = createBuildKit({
      buildpack: defineBuildpack({
        detect: () => detected(),
        build: (context) => context.log.line(context.bindings.map((binding) => `${binding.name} ${binding.type} ${binding.keys.join()}`).join(';')),
      }),
      buildpackDirectory,
      application: {},
      bindings: { two: { type: 'NPMRC\n', '.npmrc': 'x=1' }, one: { note: 'no type' } },
    });
    expect((await kit.build()).stdout).toContain('two npmrc .npmrc,type');
  });
});

describe('store', () => {
  it('hands out in the next build what this one kept', async () => {
    using kit = kitFor((context) => {
      context.log.line(`had ${JSON.stringify(context.store)}`);
      context.setStore({ seen: 'yes' });
    });
    expect((await kit.build()).stdout).toContain('had {}');
    expect((await kit.build()).stdout).toContain('had {"seen":"yes"}');
  });
});
