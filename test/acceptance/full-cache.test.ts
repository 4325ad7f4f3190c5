import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBuildpack } from '../support/buildpack-folder.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { mountDisk } from '../support/mount-disk.ts';
import { skipWithout } from '../support/requirement.ts';
import { sandboxObstacle } from '../support/sandbox-root.ts';
import { expectIntactHome } from '../support/test-home.ts';
import { makeTinyBuilders } from '../support/tiny-builder.ts';
import type { TinyBuilders } from '../support/tiny-builder.ts';
import { lastLine, runTspack } from '../support/tspack-command.ts';
import type { Ended } from '../support/tspack-command.ts';

const place = mkdtempSync(join(tmpdir(), 'tspack-full-cache-'));
const at = (name: string) => join(place, name);
const disk = at('disk');
const obstacle = sandboxObstacle() ?? (mountDisk(disk, 200) ? undefined : 'no right to mount a small file system');

/** Makes a cached layer of 15 MB that gzip halves, another one at each build, and says whether it was restored. */
const CACHES = `#!/bin/bash
if [ -f "$CNB_LAYERS_DIR/cached/file" ]; then echo "cached: restored"; else echo "cached: made"; fi
mkdir -p "$CNB_LAYERS_DIR/cached"
block=; for _ in {1..4096}; do block+="$RANDOM$RANDOM"; done
for _ in {1..400}; do echo "$RANDOM$block"; done > "$CNB_LAYERS_DIR/cached/file"
printf '[types]\\ncache = true\\n' > "$CNB_LAYERS_DIR/cached.toml"
`;
const said = ({ stderr }: Ended) => /^cached: \w+$/m.exec(stderr)?.[0];

describe.skipIf(skipWithout(obstacle ?? 'a small file system', obstacle === undefined))('a disk that is full when the cache is written', () => {
  let tiny: TinyBuilders;
  let buildpack: string;
  beforeAll(async () => {
    mkdirSync(at('app'));
    writeFileSync(at('app/file'), 'app');
    tiny = await makeTinyBuilders(place);
    buildpack = writeBuildpack(at('buildpack'), { build: CACHES });
  });
  afterAll(() => {
    if (existsSync(disk)) execFileSync('umount', ['--lazy', disk]);
    rmSync(place, { recursive: true, force: true });
  });

  const build = async (image: string, home: string, ...more: readonly string[]): Promise<Ended> =>
    runTspack(['build', image, '--builder', await tiny.builder(), '--run-image', tiny.runImage, '--path', at('app'), '--buildpack', buildpack, ...more], {
      env: { TSPACK_HOME: home },
    });

  /** Leaves so many megabytes. */
  function fill(megabytes: number): () => void {
    const { bavail, bsize } = statfsSync(disk);
    const filler = join(disk, 'filler');
    execFileSync('fallocate', ['--length', String(bavail * bsize - megabytes * 1_000_000), filler]);
    return () => rmSync(filler);
  }

  /** A warning or a failure with one message; never a crash. */
  function expectNoSpace({ code, stderr }: Ended): void {
    expect(stderr).toMatch(/no space (is )?left|disk is full/i);
    expect(stderr).not.toMatch(/^ {4}at |bug in tspack/m);
    if (code !== 0) expect(stderr.match(/^ERROR:/gm), stderr).toHaveLength(1);
    if (code !== 0) expect(stderr).toMatch(/^Next step: /m);
  }

  it('in a folder of the user: the cache of the last good build stays', async () => {
    const cache = ['--cache', `type=build;format=bind;source=${join(disk, 'cache')}`];
    expect(said(await build('foldered', at('home'), ...cache))).toBe('cached: made');
    const before = readdirSync(join(disk, 'cache/build-cache/committed')).sort();
    const free = fill(3);
    expectNoSpace(await build('foldered', at('home'), ...cache));
    expect(readdirSync(join(disk, 'cache/build-cache/committed')).sort()).toEqual(before);
    free();
    const next = await build('foldered', at('home'), ...cache);
    lastLine(next);
    expect(said(next)).toBe('cached: restored');
    expect(readdirSync(join(disk, 'cache/build-cache')).sort()).toEqual(['committed']);
    await expectIntactHome(at('home'));
  });

  it('for an image in a registry: the cache image of the last good build stays', async () => {
    await using registry = await startFakeRegistry();
    const home = join(disk, 'home');
    const publish = () => build(`${registry.host}/app`, home, '--publish', '--cache-image', `${registry.host}/cache:1`);
    lastLine(await publish());
    const before = registry.manifest('cache', '1')!.bytes.toString();
    const free = fill(3);
    expectNoSpace(await publish());
    expect(registry.manifest('cache', '1')!.bytes.toString()).toBe(before);
    free();
    const next = await publish();
    lastLine(next);
    expect(said(next)).toBe('cached: restored');
    await expectIntactHome(home);
  });
});
