import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACK_REQUIREMENT, hasPackPlatform, startPackPlatform } from '../../support/pack-platform.ts';
import { skipWithout } from '../../support/requirement.ts';
import type { PackPlatform } from '../../support/pack-platform.ts';

const kept = process.env['TSPACK_TEST_HOME'];
const place = mkdtempSync(join(tmpdir(), 'tspack-phases-pack-'));
const home = kept ?? join(place, 'home');

describe.skipIf(skipWithout(PACK_REQUIREMENT, hasPackPlatform()))("pack with a builder that has tspack's lifecycle", () => {
  const app = join(place, 'app');
  const buildpack = join(place, 'buildpack');
  let platform: PackPlatform;
  let registry: string;
  let lifecycleImage: string;
  const { pack, imageId, start } = {
    pack: (...args: readonly string[]) => platform.pack(...args),
    imageId: (image: string) => platform.imageId(image),
    start: (image: string) => platform.start(image),
  };
  const packBuild = (image: string, ...more: readonly string[]) => platform.packBuild(image, 'created-builder', app, ...more);

  beforeAll(async () => {
    platform = await startPackPlatform(place, home);
    ({ registry, ownLifecycleImage: lifecycleImage } = platform);
    const { published, lifecycle } = platform;
    writeBuildpack(buildpack);
    writeFileSync(join(app, 'greeting'), 'hello');
    const config = join(place, 'builder.toml');
    const order = '[[order]]\n[[order.group]]\nid = "test/shell"\nversion = "1.0.0"\n';
    const imagesToml = `[build]\nimage = "${published.builder}"\n[run]\n[[run.images]]\nimage = "${published.runImage}"\n`;
    writeFileSync(config, `[[buildpacks]]\nuri = "${buildpack}"\n${order}${imagesToml}[lifecycle]\nuri = "${lifecycle}"\n`);
    // As anybody would who has only the archive. With --buildpack on the command line pack would not use the creator.
    await pack('builder', 'create', 'created-builder', '--config', config, '--pull-policy', 'if-not-present');
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    rmSync(place, { recursive: true, force: true });
  });

  it('builds with the creator, and keeps layers and image when nothing changed', async () => {
    const first = await packBuild('trusted', '--trust-builder');
    expect(first).toContain("Adding layer 'test/shell:runtime'");
    expect(await start('trusted')).toBe('hello from the runtime as 1001\n');
    const id = await imageId('trusted');
    const second = await packBuild('trusted', '--trust-builder');
    expect(second).toContain('the cached layer is here');
    expect(second).toContain("Reusing layer 'test/shell:runtime'");
    expect(second).not.toMatch(/Adding layer/);
    expect(await imageId('trusted')).toBe(id);
  });

  it('builds with one container a phase, and makes the same image', async () => {
    const output = await packBuild('untrusted', '--lifecycle-image', lifecycleImage);
    expect(output).toContain('[exporter]');
    expect(await imageId('untrusted')).toBe(await imageId('trusted'));
    const second = await packBuild('untrusted', '--lifecycle-image', lifecycleImage);
    expect(second).toContain('the cached layer is here');
    expect(await imageId('untrusted')).toBe(await imageId('trusted'));
  });

  it('publishes to a registry, from both flows, with one digest', async () => {
    await packBuild(`${registry}/app:one`, '--trust-builder', '--publish', '--tag', `${registry}/app:more`);
    await packBuild(`${registry}/app:two`, '--lifecycle-image', lifecycleImage, '--publish');
    const digests = [];
    for (const tag of ['one', 'more', 'two']) {
      const response = await fetch(`http://${registry}/v2/app/manifests/${tag}`, {
        method: 'HEAD',
        headers: { accept: 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json' },
      });
      digests.push(response.headers.get('docker-content-digest'));
    }
    expect(new Set(digests).size).toBe(1);
    const again = await packBuild(`${registry}/app:one`, '--trust-builder', '--publish');
    expect(again).toContain("Reusing layer 'test/shell:runtime'");
  });

  it('shows and rebases what was built', async () => {
    // Names of the registry alone: pack asks for others at Docker Hub.
    const text = await pack('inspect', `${registry}/app:one`, '--output', 'json');
    const { remote_info: info } = JSON.parse(text.slice(text.indexOf('{'))) as { readonly remote_info: Record<string, unknown> };
    expect(info).toMatchObject({
      buildpacks: [{ id: 'test/shell', version: '1.0.0' }],
      base_image: { reference: expect.any(String), top_layer: expect.any(String) },
    });
    const output = await pack('rebase', 'trusted', '--pull-policy', 'never');
    expect(output).toContain('Successfully rebased');
    expect(await start('trusted')).toBe('hello from the runtime as 1001\n');
  });

  it('gives a failed detection and a failed buildpack their exit codes', async () => {
    await expect(packBuild('failing', '--trust-builder', '--env', 'TEST_DETECT=100')).rejects.toThrow(/status code: 20/);
    await expect(packBuild('failing', '--trust-builder', '--env', 'TEST_BUILD=3')).rejects.toThrow(/status code: 51/);
  });
});

/** A buildpack in bash, with a layer of each kind and a process. */
function writeBuildpack(directory: string): void {
  mkdirSync(join(directory, 'bin'), { recursive: true });
  writeFileSync(join(directory, 'buildpack.toml'), 'api = "0.10"\n[buildpack]\nid = "test/shell"\nversion = "1.0.0"\n[[targets]]\nos = "linux"\n');
  const detect = '#!/usr/bin/env bash\nexit "${TEST_DETECT:-0}"\n';
  const build = `#!/usr/bin/env bash
set -e
[ -z "$TEST_BUILD" ] || exit "$TEST_BUILD"
[ -e "$1/kept/file" ] && echo "the cached layer is here"
mkdir -p "$1/runtime/bin" "$1/kept"
printf '#!/usr/bin/env bash\\necho "$(cat greeting) from the runtime as $(id -u)"\\n' > "$1/runtime/bin/serve"
chmod 755 "$1/runtime/bin/serve"
printf '[types]\\nlaunch = true\\n[metadata]\\nversion = 1\\n' > "$1/runtime.toml"
echo kept > "$1/kept/file"
printf '[types]\\ncache = true\\n' > "$1/kept.toml"
printf '[[processes]]\\ntype = "web"\\ncommand = ["serve"]\\ndefault = true\\n' > "$1/launch.toml"
`;
  for (const [name, text] of Object.entries({ detect, build })) {
    writeFileSync(join(directory, 'bin', name), text);
    chmodSync(join(directory, 'bin', name), 0o755);
  }
}
