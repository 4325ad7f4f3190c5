import { describe, expect, it } from 'vitest';
import { TspackError } from '../../src/index.ts';
import type { LayerExplanation, WhyRequest } from '../../src/index.ts';
import { digest, runFake } from '../support/fake-library.ts';
import type { FakeLibrary } from '../support/fake-library.ts';

const EXPLANATION: LayerExplanation = {
  image: 'example.com/team/myapp:1.2',
  imageId: digest('a'),
  built: '2024-01-02T03:00:05.000Z',
  layer: 'tspack/nodejs:node',
  buildpack: { id: 'tspack/nodejs', version: '0.1.0' },
  decision: 'reused',
  reason: 'Node.js version and architecture unchanged',
  inputs: { 'Node.js version': '22.1.0', 'layer\u001b[2J': digest('c') },
  diffId: digest('b'),
  sizeBytes: 98_000_000,
  origin: {
    image: 'example.com/team/myapp:1.1',
    imageId: digest('d'),
    built: '2023-12-30T00:00:00.000Z',
    reason: 'Node.js version changed from 20.1.0 to 22.1.0',
    change: { input: 'Node.js version', from: '20.1.0', to: '22.1.0' },
    diffId: digest('b'),
    downloads: [
      { url: 'https://packages.example/node.tgz', digest: digest('e'), sizeBytes: 30_000_000, from: 'network' },
      { url: 'https://packages.example/headers.tgz', digest: digest('f'), sizeBytes: 1_000_000, from: 'store' },
    ],
  },
};

function explaining(explanation: LayerExplanation) {
  const asked: WhyRequest[] = [];
  const library: FakeLibrary = { why: async (request) => (asked.push(request), explanation) };
  return { asked, library };
}

describe('tspack why', () => {
  it('explains a layer of an image', async () => {
    const { asked, library } = explaining(EXPLANATION);
    const { code, stdout, stderr } = await runFake(['why', 'myapp', 'node'], { library });
    expect({ code, stderr, asked }).toEqual({ code: 0, stderr: '', asked: [{ image: 'myapp', layer: 'node' }] });
    await expect(stdout).toMatchFileSnapshot('../golden/cli/why.txt');
    expect(stdout).not.toContain('\u001b');
  });

  it('asks about the last build with one argument', async () => {
    const { origin: _origin, sizeBytes: _size, diffId: _diffId, buildpack: _buildpack, ...rest } = EXPLANATION;
    const { asked, library } = explaining({ ...rest, decision: 'cached', change: { input: 'lockfile', from: digest('1'), to: digest('2') } });
    const { stdout } = await runFake(['why', 'node'], { library });
    expect(asked).toEqual([{ layer: 'node' }]);
    expect(stdout).toContain('kept in the cache\n');
    expect(stdout).toContain('not in the image\n');
    expect(stdout).toContain('by a build that left no record here\n');
    expect(stdout).toMatch(/Change: +lockfile: sha256:1+… -> sha256:2+…\n/);
  });

  it('gives all of it as JSON', async () => {
    const { stdout } = await runFake(['why', 'myapp', 'node', '--format', 'json'], explaining(EXPLANATION));
    expect(JSON.parse(stdout)).toEqual(EXPLANATION);
  });

  it('refuses what it cannot answer', async () => {
    expect(await runFake(['why'])).toMatchObject({ code: 3, stdout: '' });
    expect(await runFake(['why', 'a', 'b', 'c'])).toMatchObject({ code: 3, stdout: '' });
    expect(await runFake(['why', 'a', '--format', 'xml'])).toMatchObject({ code: 3, stdout: '' });
    const library: FakeLibrary = { why: () => Promise.reject(new TspackError({ code: 'LAYER_UNKNOWN', message: 'no', nextStep: 'Name one of a' })) };
    expect(await runFake(['why', 'nod'], { library })).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Name one of a') as string });
  });
});
