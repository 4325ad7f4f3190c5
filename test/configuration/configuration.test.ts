import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SETTINGS, changeSetting, loadConfiguration } from '../../src/configuration/index.ts';

let folder: string;
let file: string;
const env = (more: Record<string, string> = {}) => ({ XDG_CONFIG_HOME: folder, ...more });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'configuration-'));
  file = join(folder, 'tspack/config.toml');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('loadConfiguration()', () => {
  it('knows nothing where nothing is set', () => {
    expect(loadConfiguration({ env: env() }).settings).toEqual([]);
    expect(loadConfiguration({ env: {} })).toMatchObject({ file: undefined, settings: [] });
    expect(loadConfiguration({ env: { HOME: '/home/me' } }).file).toBe('/home/me/.config/tspack/config.toml');
  });

  it('lets a variable win over the file, and says which it was', () => {
    changeSetting('default-builder', { kind: 'set', value: 'tiny' }, env());
    changeSetting('pull-policy', { kind: 'set', value: 'daily' }, env());
    const configuration = loadConfiguration({ env: env({ TSPACK_DEFAULT_BUILDER: 'base', TSPACK_INSECURE_REGISTRIES: 'a:1, b:2,', TSPACK_PULL_POLICY: '' }) });
    expect(configuration.settings).toEqual([
      { name: 'default-builder', values: ['base'], origin: 'TSPACK_DEFAULT_BUILDER' },
      { name: 'pull-policy', values: ['daily'], origin: file },
      { name: 'insecure-registries', values: ['a:1', 'b:2'], origin: 'TSPACK_INSECURE_REGISTRIES' },
    ]);
    expect(configuration.value('default-builder')).toBe('base');
    expect(configuration.value('run-image')).toBeUndefined();
  });

  it('says what is wrong with a file', () => {
    mkdirSync(join(folder, 'tspack'));
    writeFileSync(file, 'default-builder = 1\n');
    expect(() => loadConfiguration({ env: env() })).toThrow(`Cannot use "default-builder" in ${file}: want a string`);
    writeFileSync(file, 'insecure-registries = "a"\n');
    expect(() => loadConfiguration({ env: env() })).toThrow('want a list of strings');
    writeFileSync(file, 'no toml');
    expect(() => loadConfiguration({ env: env() })).toThrow(expect.objectContaining({ code: 'TOML_INVALID' }));
    rmSync(file);
    mkdirSync(file);
    expect(() => loadConfiguration({ env: env() })).toThrow(expect.objectContaining({ code: 'SETTINGS_UNUSABLE' }));
  });
});

describe('changeSetting()', () => {
  it('keeps what else is in the file, and lists without doubles', () => {
    mkdirSync(join(folder, 'tspack'));
    writeFileSync(file, 'other = "kept"\n');
    for (const value of ['a:1', 'b:2', 'a:1']) changeSetting('insecure-registries', { kind: 'add', value }, env());
    expect(loadConfiguration({ env: env() }).find('insecure-registries')?.values).toEqual(['b:2', 'a:1']);
    changeSetting('insecure-registries', { kind: 'remove', value: 'b:2' }, env());
    changeSetting('insecure-registries', { kind: 'remove', value: 'a:1' }, env());
    changeSetting('run-image', { kind: 'set', value: 'x' }, env());
    changeSetting('run-image', { kind: 'unset' }, env());
    expect(readFileSync(file, 'utf8').trim()).toBe('other = "kept"');
  });

  it('helps with a name that there is not, and needs a place', () => {
    expect(() => changeSetting('default-bilder', { kind: 'unset' }, env())).toThrow(
      expect.objectContaining({ code: 'SETTING_UNKNOWN', nextStep: 'Did you mean "default-builder"?' }),
    );
    expect(() => changeSetting('run-image', { kind: 'unset' }, {})).toThrow(expect.objectContaining({ code: 'SETTINGS_UNUSABLE' }));
    writeFileSync(join(folder, 'plain'), '');
    expect(() => changeSetting('run-image', { kind: 'set', value: 'x' }, { XDG_CONFIG_HOME: join(folder, 'plain') })).toThrow(
      expect.objectContaining({ code: 'SETTINGS_UNUSABLE' }),
    );
  });

  it('has a variable of its own for each setting', () => {
    for (const { name, variable } of SETTINGS) expect(variable).toBe(`TSPACK_${name.toUpperCase().replaceAll('-', '_')}`);
  });
});
