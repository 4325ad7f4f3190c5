import { describe, expect, it } from 'vitest';
import { rootDirectory, rootFile, rootLink } from '../../src/builder/root-tree.ts';
import { splitLayers } from '../../src/builder/split-layers.ts';
import type { NamedLayer } from '../../src/builder/split-layers.ts';

const USER = { name: 'cnb', uid: 1001, gid: 1000 };
const tree = (...entries: readonly ReturnType<typeof rootFile>[]) => new Map(entries.map((entry) => [entry.path, entry]));
const paths = (layer: NamedLayer | undefined) => layer?.entries.map(({ path }) => path);

describe('splitLayers()', () => {
  const whole = tree(
    rootFile('/usr/lib/libz.so.1.3', 'z', 'zlib1g'),
    rootLink('/usr/lib/libz.so.1', 'libz.so.1.3', 'zlib1g'),
    rootFile('/usr/bin/bash', 'b', 'bash'),
    rootFile('/etc/hosts', 'h'),
    rootDirectory('/usr'),
    rootDirectory('/usr/lib', 0o755),
    rootDirectory('/proc'),
    { path: '/workspace', type: 'directory', mode: 0o755, owner: 'user' },
  );

  it('puts the files of a package and the directories above them into its layer, all else into the last', () => {
    const layers = splitLayers(whole, [{ name: 'z', packages: ['zlib1g'] }], USER);
    expect(layers.map(({ name }) => name)).toEqual(['z', 'rest']);
    expect(paths(layers[0])).toEqual(['/usr', '/usr/lib', '/usr/lib/libz.so.1', '/usr/lib/libz.so.1.3']);
    expect(paths(layers[1])).toEqual(['/etc', '/etc/hosts', '/proc', '/usr', '/usr/bin', '/usr/bin/bash', '/workspace']);
  });

  it('gives the user what belongs to the user, root the rest', () => {
    const [rest] = splitLayers(whole, [], USER);
    expect(rest?.entries.find(({ path }) => path === '/workspace')).toMatchObject({ uid: 1001, gid: 1000 });
    expect(rest?.entries.filter(({ uid }) => uid !== 0)).toHaveLength(1);
  });

  it('makes a layer that does not depend on what lies beside it', () => {
    const alone = new Map([...whole].filter(([, entry]) => entry.package === 'zlib1g'));
    const split = [{ name: 'z', packages: ['zlib1g'] }];
    expect(splitLayers(alone, split, USER)[0]).toEqual(splitLayers(whole, split, USER)[0]);
  });

  it('orders names by bytes', () => {
    const [rest] = splitLayers(tree(rootFile('/a\u{1F600}', ''), rootFile('/a\uFF61', ''), rootFile('/a-b', ''), rootFile('/a/c', '')), [], USER);
    expect(paths(rest)).toEqual(['/a', '/a-b', '/a/c', '/a\uFF61', '/a\u{1F600}']);
  });

  it('leaves out layers that hold nothing', () => {
    expect(splitLayers(whole, [{ name: 'none', packages: ['absent'] }], USER).map(({ name }) => name)).toEqual(['rest']);
  });
});
