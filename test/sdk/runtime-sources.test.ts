import { describe, expect, it } from 'vitest';
import { chooseRuntime, TspackError } from '../../src/sdk/index.ts';
import type { RuntimeRequest, RuntimeSource } from '../../src/sdk/index.ts';

/** A source that writes down what it is asked. */
function source(name: string, versions: readonly string[] | Error, log: string[] = []): RuntimeSource<string> {
  return {
    name,
    offered() {
      log.push(name);
      return versions instanceof Error ? Promise.reject(versions) : Promise.resolve(versions);
    },
    find: (version) => Promise.resolve(`${name}:${version}`),
  };
}

const away = new TspackError({ code: 'HTTP_UNREACHABLE', message: 'Cannot reach upstream.example: no answer' });

function choose(sources: readonly RuntimeSource<string>[], start: string, env: Record<string, string> = {}, changes: Partial<RuntimeRequest<string>> = {}) {
  return chooseRuntime(
    { env },
    {
      runtime: 'python',
      title: 'Python',
      sources,
      wanted: (versions) => versions.find((version) => version.startsWith(start)),
      wantedText: `"${start}" of .python-version`,
      nextStep: 'Change .python-version',
      ...changes,
    },
  );
}

describe('chooseRuntime()', () => {
  it('takes the first source that offers a fitting version, and asks no further', async () => {
    const log: string[] = [];
    const sources = [source('debian', ['3.13.5'], log), source('standalone', ['3.12.9', '3.13.9'], log), source('third', away, log)];
    expect(await choose(sources, '3.13')).toEqual({ source: 'debian', version: '3.13.5', found: 'debian:3.13.5' });
    expect(log).toEqual(['debian']);
    expect(await choose(sources, '3.12')).toEqual({ source: 'standalone', version: '3.12.9', found: 'standalone:3.12.9' });
  });

  it('takes the order from the variable, which may leave sources out', async () => {
    const sources = [source('debian', ['3.13.5']), source('standalone', ['3.13.9'])];
    expect(await choose(sources, '3.13', { TSPACK_PYTHON_SOURCES: ' Standalone , debian' })).toMatchObject({ source: 'standalone' });
    await expect(choose(sources, '3.13.5', { TSPACK_PYTHON_SOURCES: 'standalone' })).rejects.toMatchObject({ code: 'RUNTIME_UNAVAILABLE' });
    expect(await choose(sources, '3.13', { TSPACK_PYTHON_SOURCES: ' ' })).toMatchObject({ source: 'debian' });
    expect(await choose(sources, '3.13', { TSPACK_MY_RUNTIME_SOURCES: 'standalone' }, { runtime: 'my-runtime' })).toMatchObject({ source: 'standalone' });
  });

  it('names the nearest versions where the buildpack knows them, and the newest where it has none', async () => {
    const sources = [source('debian', ['3.11.2', '3.13.5']), source('standalone', ['3.9.1']), source('third', [])];
    await expect(choose(sources, '4', {}, { nearest: (versions) => versions.slice(0, 2) })).rejects.toMatchObject({
      message:
        'Cannot find a Python for "4" of .python-version: the nearest that debian offers are 3.11.2 and 3.13.5; the nearest that standalone offers is 3.9.1; third offers none for this target',
    });
  });

  it('never lets the network choose: a source that cannot be asked is an error, though a later one would fit', async () => {
    const log: string[] = [];
    const sources = [source('debian', ['3.13.5'], log), source('standalone', away, log), source('third', ['3.9.1'], log)];
    await expect(choose(sources, '3.9')).rejects.toMatchObject({
      code: 'RUNTIME_SOURCE_UNAVAILABLE',
      message:
        'Cannot choose a Python for "3.9" of .python-version: debian offers 3.13.5; standalone cannot be asked: Cannot reach upstream.example: no answer',
      nextStep: expect.stringContaining('leave standalone out of TSPACK_PYTHON_SOURCES'),
    });
    expect(log).toEqual(['debian', 'standalone']);
    await expect(choose([source('broken', new TypeError('a bug'))], '3')).rejects.toThrow(TypeError);
  });

  it('says what every source offers when none fits', async () => {
    const many = Array.from({ length: 9 }, (_, index) => `3.${index + 5}.0`);
    await expect(choose([source('debian', []), source('standalone', many.reverse())], '2.7')).rejects.toMatchObject({
      code: 'RUNTIME_UNAVAILABLE',
      message:
        'Cannot find a Python for "2.7" of .python-version: debian offers none for this target; standalone offers 3.8.0, 3.9.0, 3.10.0, 3.11.0, 3.12.0, 3.13.0 and 3 older ones',
      nextStep: 'Change .python-version',
    });
  });

  it('refuses a name that is no source', async () => {
    const sources = [source('debian', []), source('standalone', [])];
    await expect(choose(sources, '3', { TSPACK_PYTHON_SOURCES: 'debain' })).rejects.toMatchObject({
      code: 'RUNTIME_SOURCE_UNKNOWN',
      nextStep: 'Write debian in TSPACK_PYTHON_SOURCES.',
    });
    await expect(choose(sources, '3', { TSPACK_PYTHON_SOURCES: 'conda-forge' })).rejects.toMatchObject({
      nextStep: 'Set TSPACK_PYTHON_SOURCES to some of debian, standalone.',
    });
  });
});
