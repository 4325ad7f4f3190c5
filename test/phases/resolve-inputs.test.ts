import { describe, expect, it } from 'vitest';
import { parseApiVersion } from '../../src/cnb/index.ts';
import { flagsOf, resolveInputs } from '../../src/phases/resolve-inputs.ts';
import type { PhaseName } from '../../src/phases/index.ts';

function inputs(phase: PhaseName, args: readonly string[], environment: Readonly<Record<string, string>> = {}, api = '0.15') {
  const resolved = resolveInputs(phase, parseApiVersion(api), args, { environment, workingDirectory: '/folder' });
  if (resolved.kind !== 'inputs') throw new Error(JSON.stringify(resolved));
  return resolved.inputs;
}

const flagNames = (phase: PhaseName, api: string) => flagsOf(phase, parseApiVersion(api)).map(({ flag }) => flag);

describe('resolveInputs()', () => {
  it('lets a flag win over its variable, and that over the fallback', () => {
    const environment = { CNB_APP_DIR: '/from/env', CNB_USER_ID: '7', CNB_INSECURE_REGISTRIES: 'a,b' };
    expect(inputs('exporter', ['-app', '/from/flag', 'image'], environment).app).toBe('/from/flag');
    expect(inputs('exporter', ['image'], environment)).toMatchObject({ app: '/from/env', uid: 7, insecureRegistries: ['a', 'b'] });
    expect(inputs('exporter', ['image'])).toMatchObject({ app: '/workspace', uid: undefined, execEnv: 'production', daemon: false, runImage: '' });
  });

  it('puts files where the layers are, and makes paths absolute', () => {
    expect(inputs('detector', ['-layers', 'here', '-plan', 'plan.toml'])).toMatchObject({
      layers: '/folder/here',
      group: '/folder/here/group.toml',
      plan: '/folder/plan.toml',
    });
    expect(inputs('detector', [], { CNB_LAYERS_DIR: '/l' })).toMatchObject({ analyzed: '/l/analyzed.toml', order: '/l/order.toml' });
  });

  it('takes a variable that is empty or cannot be read for none', () => {
    expect(inputs('analyzer', ['image'], { CNB_USER_ID: 'root', CNB_USE_DAEMON: 'maybe', CNB_LAYERS_DIR: '' })).toMatchObject({
      uid: undefined,
      daemon: false,
      layers: '/layers',
    });
  });

  it.each([
    ['detector', '0.9', ['analyzed', 'extensions', 'generated', 'build-config', 'run', 'system'], false],
    ['detector', '0.10', ['analyzed', 'extensions', 'generated'], true],
    ['detector', '0.15', ['system', 'run', 'build-config'], true],
    ['analyzer', '0.8', ['launch-cache', 'skip-layers'], false],
    ['analyzer', '0.11', ['stack'], true],
    ['analyzer', '0.12', ['stack'], false],
    ['analyzer', '0.12', ['layout', 'layout-dir', 'run'], true],
    ['restorer', '0.11', ['daemon', 'layout'], false],
    ['restorer', '0.13', ['run'], false],
    ['restorer', '0.14', ['run', 'insecure-registry', 'build-image'], true],
    ['builder', '0.11', ['analyzed'], false],
    ['exporter', '0.10', ['launcher-sbom'], false],
    ['rebaser', '0.11', ['force'], false],
    ['rebaser', '0.12', ['force', 'previous-image'], true],
  ] as const)('gives the %s at Platform API %s the flags %j: %s', (phase, api, flags, has) => {
    for (const flag of flags) expect(flagNames(phase, api).includes(flag), flag).toBe(has);
  });
});
