import { describe, expect, it } from 'vitest';
import { escapeBuildpackId, parseBuildpackId, parseLayerName } from '../../src/cnb/index.ts';

describe('parseBuildpackId()', () => {
  it.each(['samples/java', 'a', 'io.buildpacks.ruby', 'a-b/c.d', 'with_underscore'])('takes %s', (text) => {
    expect(parseBuildpackId(text)).toBe(text);
  });

  it.each(['', 'app', 'config', 'generated', 'sbom', '../x', 'a/../b', '/a', 'a/', 'a//b', '.', 'a b', 'a\n', 'é'])('refuses "%s"', (text) => {
    expect(() => parseBuildpackId(text)).toThrow(expect.objectContaining({ code: 'BUILDPACK_ID_INVALID' }));
  });
});

describe('escapeBuildpackId()', () => {
  it('replaces every slash', () => {
    expect(escapeBuildpackId('a/b/c')).toBe('a_b_c');
  });
});

describe('parseLayerName()', () => {
  it('takes any other file name', () => {
    expect(parseLayerName('node.modules 2')).toBe('node.modules 2');
  });

  it.each(['', '.', '..', 'a/b', 'build', 'launch', 'store'])('refuses "%s"', (text) => {
    expect(() => parseLayerName(text)).toThrow(expect.objectContaining({ code: 'LAYER_NAME_INVALID' }));
  });
});
