import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUILDER_RECORD, programLayers } from '../../src/builder/index.ts';
import { packageRoot } from '../../src/foundation/index.ts';

const RECORD = { name: 'r.example/tspack:builder-base', builder: 'base', user: { uid: 1001, gid: 1000 }, env: { PATH: '/usr/bin' } };

describe('programLayers()', () => {
  const entries = programLayers(packageRoot(), RECORD).flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'entries' ? part.entries : [])));
  const entry = (path: string) => entries.find((each) => each.path === path);

  it('bring the command, everything it loads, and no buildpack', () => {
    const sources = entries.flatMap(({ source }) => (source === undefined ? [] : [String(source)]));
    expect(sources.filter((source) => !existsSync(source))).toEqual([]);
    for (const path of ['dist/cli.js', 'dist/index.js', 'package.json', 'builders/base/builder.toml', 'launcher/bin/launcher-linux-amd64']) {
      expect(entry(`/cnb/tspack/program/${path}`)?.type).toBe('file');
    }
    expect(entries.filter(({ path }) => String(path).includes('/buildpacks/'))).toEqual([]);
    expect(entry('/usr/local/bin/tspack')).toMatchObject({ mode: 0o755, uid: 0 });
  });

  it('say which image they are in', () => {
    const text = Buffer.from(entry(BUILDER_RECORD)!.content!).toString('utf8');
    expect(JSON.parse(text)).toEqual({ ...RECORD, npm: ['/cnb/tspack/node/bin/node', '/cnb/tspack/npm/bin/npm-cli.js'] });
  });
});
