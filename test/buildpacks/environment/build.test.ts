import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environmentBuildpack } from '../../../buildpacks/environment/src/buildpack.ts';
import { createBuildKit } from '../../../src/sdk/testing/index.ts';

const buildpackDirectory = join(import.meta.dirname, '../../../buildpacks/environment');
const kitFor = (env: Readonly<Record<string, string>>) => createBuildKit({ buildpack: environmentBuildpack, buildpackDirectory, application: {}, env });

describe('the environment buildpack', () => {
  it('makes each action a file of the layer', async () => {
    using kit = kitFor({
      BPE_LOG_LEVEL: 'info',
      BPE_OVERRIDE_MODE: 'a\nb',
      BPE_DEFAULT_REGION: 'north',
      BPE_APPEND_OPTIONS: '-x',
      BPE_DELIM_OPTIONS: ' ',
      BPE_PREPEND_PATH: '/opt/bin:',
      BPE_PROCESS_worker__QUEUES: 'mail',
      'BPE_PROCESS_mail-sender__APPEND_OPTIONS': '-y',
    });
    const { stdout, layers } = await kit.build();
    const read = (path: string) => readFileSync(join(kit.layersDirectory, 'environment/env.launch', path), 'utf8');
    expect(read('LOG_LEVEL.override')).toBe('info');
    expect(read('MODE.override')).toBe('a\nb');
    expect(read('REGION.default')).toBe('north');
    expect(read('OPTIONS.append')).toBe('-x');
    expect(read('OPTIONS.delim')).toBe(' ');
    expect(read('PATH.prepend')).toBe('/opt/bin:');
    expect(read('worker/QUEUES.override')).toBe('mail');
    expect(read('mail-sender/OPTIONS.append')).toBe('-y');
    expect(layers.get('environment')?.types).toMatchObject({ launch: true, build: false, cache: false });
    expect(stdout).toContain('QUEUES is set for the process "worker" (BPE_PROCESS_worker__QUEUES)');
    expect(stdout).not.toContain('north');
  });

  it('makes the layer anew when a value changes, and keeps no value in its metadata', async () => {
    using kit = kitFor({ BPE_LOG_LEVEL: 'unlikely-value' });
    await kit.build();
    expect((await kit.build()).stdout).toContain('Reusing variables: BPE variables unchanged');
    expect(readFileSync(join(kit.layersDirectory, 'environment.toml'), 'utf8')).not.toContain('unlikely-value');
    kit.setEnv('BPE_LOG_LEVEL', 'debug');
    expect((await kit.build()).stdout).toContain('Rebuilding variables: BPE variables changed');
  });

  it('warns of a name that looks like a secret', async () => {
    using kit = kitFor({ BPE_DB_PASSWORD: 'x' });
    expect((await kit.build()).stderr).toContain('The value of DB_PASSWORD becomes part of the image');
  });

  it.each([
    [{ BPE_: 'x' }, 'Cannot use BPE_: "" is not the name of a variable [ENVIRONMENT_VARIABLE_INVALID]'],
    [{ 'BPE_../x': 'x' }, 'Cannot use BPE_../x: "../x" is not the name of a variable'],
    [{ BPE_DELIM_X: ',', BPE_X: 'x' }, 'Cannot use BPE_DELIM_X: neither BPE_APPEND_X nor BPE_PREPEND_X is set'],
  ])('refuses %j', async (env, message) => {
    using kit = kitFor(env);
    expect(await kit.build()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(message) as string });
  });

  it('detects by the names of variables', () => {
    const detect = (env: Record<string, string>) => spawnSync(join(buildpackDirectory, 'bin/detect'), { env: { PATH: process.env['PATH'], ...env } }).status;
    expect(detect({})).toBe(100);
    expect(detect({ XBPE_A: 'BPE_A' })).toBe(100);
    expect(detect({ BPE_A: '' })).toBe(0);
  });
});
