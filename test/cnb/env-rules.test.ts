import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { addBuildLayer, applyEnvFiles, applyPlatformEnv, filterBuildEnv, launchEnv, startingLaunchEnv } from '../../src/cnb/index.ts';
import type { Env, EnvFiles, LayerEnv } from '../../src/cnb/index.ts';

type Files = Readonly<Record<string, string>>;
interface LayerCase {
  readonly directories?: readonly string[];
  readonly [folder: string]: Files | readonly string[] | undefined;
}
interface Case {
  readonly name: string;
  readonly env: Env;
  readonly processType?: string;
  readonly launchOnly?: boolean;
  readonly buildpacks: readonly { readonly id: string; readonly layers: Readonly<Record<string, LayerCase>> }[];
  readonly launch: Env;
  readonly build?: Env;
}

const { cases } = JSON.parse(readFileSync(new URL('../fixtures/env-rules.json', import.meta.url), 'utf8')) as { readonly cases: readonly Case[] };

const filesOf = (files: Files | readonly string[] | undefined): EnvFiles =>
  new Map(Object.entries((files ?? {}) as Files).map(([name, text]) => [name, Buffer.from(text)]));

function layersOf(testCase: Case): readonly (readonly LayerEnv[])[] {
  return testCase.buildpacks.map(({ id, layers }) =>
    Object.entries(layers).map(([name, layer]): LayerEnv => {
      const process = Object.keys(layer).filter((folder) => folder.startsWith('env.launch/'));
      return {
        path: `/layers/${id.replaceAll('/', '_')}/${name}`,
        directories: layer.directories ?? [],
        env: filesOf(layer['env']),
        envBuild: filesOf(layer['env.build']),
        envLaunch: filesOf(layer['env.launch']),
        envLaunchProcess: new Map(process.map((folder) => [folder.slice('env.launch/'.length), filesOf(layer[folder])])),
      };
    }),
  );
}

const located = (env: Env): Env => Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replaceAll('<layers>', '/layers')]));

describe('launchEnv()', () => {
  it.each(cases)('$name', (testCase) => {
    expect(launchEnv(startingLaunchEnv(testCase.env), layersOf(testCase), testCase.processType)).toEqual(located(testCase.launch));
  });
});

describe('addBuildLayer()', () => {
  it.each(cases.filter(({ launchOnly }) => launchOnly !== true))('$name', (testCase) => {
    const layers = layersOf(testCase).flatMap((ofBuildpack) => [...ofBuildpack].sort((a, b) => (a.path < b.path ? -1 : 1)));
    expect(layers.reduce(addBuildLayer, testCase.env)).toEqual(located(testCase.build ?? {}));
  });
});

describe('applyEnvFiles()', () => {
  it('uses the default action for files without suffix when asked, as for <build-config>/env', () => {
    expect(applyEnvFiles({ A: 'user' }, filesOf({ A: 'operator', B: 'operator', 'C.append': '1' }), 'default')).toEqual({ A: 'user', B: 'operator', C: '1' });
  });

  it('refuses a value that no process can be given', () => {
    expect(() => applyEnvFiles({}, filesOf({ A: 'a\0b' }))).toThrow(expect.objectContaining({ code: 'ENV_FILE_INVALID' }));
  });

  it('leaves its input alone', () => {
    const env = { A: '1' };
    applyEnvFiles(env, filesOf({ 'A.append': '2' }));
    expect(env).toEqual({ A: '1' });
  });
});

describe('applyPlatformEnv()', () => {
  it('prepends path variables, overrides others, and takes file names whole', () => {
    expect(applyPlatformEnv({ PATH: '/bin', A: 'buildpack' }, filesOf({ PATH: '/mine', A: 'user', 'B.append': 'x', CPATH: '/inc' }))).toEqual({
      PATH: '/mine:/bin',
      A: 'user',
      'B.append': 'x',
      CPATH: '/inc',
    });
  });
});

describe('filterBuildEnv()', () => {
  it('lets only the variables of the spec through', () => {
    expect(filterBuildEnv({ PATH: '/bin', HOME: '/home/cnb', CNB_USER_ID: '1001', SECRET: 'x', https_proxy: 'p', CNB_STACK_ID: 's' })).toEqual({
      PATH: '/bin',
      HOME: '/home/cnb',
      https_proxy: 'p',
      CNB_STACK_ID: 's',
    });
  });
});
