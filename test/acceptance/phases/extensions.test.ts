import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACK_REQUIREMENT, hasPackPlatform, startPackPlatform } from '../../support/pack-platform.ts';
import { findReference } from '../../support/reference-platform.ts';
import { skipWithout } from '../../support/requirement.ts';
import type { PackPlatform } from '../../support/pack-platform.ts';

const place = mkdtempSync(join(tmpdir(), 'tspack-extender-'));
const home = process.env['TSPACK_TEST_HOME'] ?? join(place, 'home');

/** `ls -l` of what the run image got, without times. */
const LISTING = "cd / && stat -c '%n %F %a %u:%g %s %N' $(find /opt /srv /etc/motd-extended /usr/local/bin /etc/debian_version 2>/dev/null | sort); id";

describe.skipIf(skipWithout(PACK_REQUIREMENT, hasPackPlatform()))('image extensions with pack', () => {
  const app = join(place, 'app');
  const builders = { tspack: '', reference: '' };
  const lifecycleImages = { tspack: '', reference: '' };
  let platform: PackPlatform;

  beforeAll(async () => {
    platform = await startPackPlatform(place, home);
    const { registry, published, run } = platform;
    writeFileSync(join(app, 'file'), 'content');
    writeModules();
    const reference = join(place, 'reference-lifecycle');
    mkdirSync(reference);
    await run('tar', ['-xzf', findReference()!.lifecycle, '-C', reference]);
    Object.assign(lifecycleImages, { tspack: platform.ownLifecycleImage, reference: await platform.publishLifecycle(reference, 'lifecycle:reference') });
    for (const owner of ['tspack', 'reference'] as const) {
      const name = `${registry}/builder:${owner}`;
      const uri = owner === 'tspack' ? platform.lifecycle : findReference()!.lifecycle;
      const config = join(place, `${owner}.toml`);
      const modules = `[[buildpacks]]\nuri = "${join(place, 'buildpack')}"\n[[extensions]]\nuri = "${join(place, 'extension')}"\n`;
      const order =
        '[[order]]\n[[order.group]]\nid = "test/bp"\nversion = "1"\n[[order-extensions]]\n[[order-extensions.group]]\nid = "test/ext"\nversion = "1"\n';
      const images = `[build]\nimage = "${published.builder}"\n[run]\n[[run.images]]\nimage = "${published.runImage}"\n`;
      writeFileSync(config, `${modules}${order}${images}[lifecycle]\nuri = "${uri}"\n`);
      await platform.pack('builder', 'create', name, '--config', config, '--pull-policy', 'if-not-present', '--publish');
      await run('docker', ['pull', '--quiet', name]);
      builders[owner] = name;
    }
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    rmSync(place, { recursive: true, force: true });
  });

  const build = async (owner: 'tspack' | 'reference', ...more: readonly string[]) =>
    await platform.packBuild(
      `${platform.registry}/${owner}:app`,
      builders[owner],
      app,
      '--lifecycle-image',
      lifecycleImages[owner],
      '--pull-policy',
      'always',
      ...more,
    );

  it('extends build and run image with the same result as the reference', async () => {
    const seen: Record<string, unknown> = {};
    for (const owner of ['reference', 'tspack'] as const) {
      // The reference's programs do not ask this daemon for its version.
      const output = await build(owner, '--publish');
      await platform.run('docker', ['pull', '--quiet', `${platform.registry}/${owner}:app`]);
      expect(output, output).toContain('the tool says extended');
      const image = `${platform.registry}/${owner}:app`;
      const [inspected] = JSON.parse(await platform.run('docker', ['image', 'inspect', image])) as {
        readonly Config: Record<string, unknown> & { readonly Labels: Readonly<Record<string, string>> };
      }[];
      const { Labels, ...config } = inspected!.Config;
      seen[owner] = {
        said: /the tool says .*/u.exec(output)?.[0],
        files: await platform.start(image, 'sh', '-c', LISTING),
        config,
        labels: { own: Labels['test.label'], rebasable: Labels['io.buildpacks.rebasable'] },
      };
    }
    expect(seen['tspack']).toEqual(seen['reference']);
    expect(JSON.stringify(seen['tspack'])).toContain('extended');
  });

  it('uses the layers of instructions again, and extends images of the daemon', async () => {
    expect(await build('tspack')).toContain('the tool says extended');
    const again = await build('tspack');
    expect(again).toContain('RUN echo "extended at run" > /opt/greeting');
    expect(again.match(/\(cached\)/gu)?.length).toBeGreaterThanOrEqual(2);
    expect(again).toContain('the tool says extended');
    expect(again).toMatch(/Reusing layer 'test\/ext:extended-layer-\d+'/u);
    const cleared = await build('tspack', '--env', 'TEST_ROOT=1').catch((error: unknown) => String(error));
    expect(cleared).toMatch(/status code: 102/u);
  });
});

function writeModules(): void {
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), text);
    chmodSync(join(place, path), mode);
  };
  write('buildpack/buildpack.toml', 'api = "0.10"\n[buildpack]\nid = "test/bp"\nversion = "1"\n[[targets]]\nos = "linux"\n');
  write('buildpack/bin/detect', '#!/usr/bin/env bash\nexit 0\n', 0o755);
  write(
    'buildpack/bin/build',
    '#!/usr/bin/env bash\nset -e\necho "the tool says $(cat /opt/tool) with $PATH as $(id -u)"\n[ -e /etc/debian_version ] && exit 9\n' +
      'printf \'[[processes]]\\ntype = "web"\\ncommand = ["sh", "-c", "cat /opt/greeting"]\\n\' > "$CNB_LAYERS_DIR/launch.toml"\n',
    0o755,
  );
  write('extension/extension.toml', 'api = "0.10"\n[extension]\nid = "test/ext"\nversion = "1"\n');
  write('extension/bin/detect', '#!/usr/bin/env bash\nexit 0\n', 0o755);
  const dockerfile = (more: string) => `ARG base_image\nFROM \${base_image}\nARG user_id\nARG group_id\nUSER root\n${more}USER \${user_id}:\${group_id}\n`;
  const forBuild = dockerfile(
    'RUN rm -f /etc/debian_version && mkdir -p /opt && echo extended > /opt/tool && chown 1234:1235 /opt/tool\nENV PATH=/opt/bin:$PATH\nCOPY note /opt/note\n',
  );
  const forRun = dockerfile(
    'ARG build_id\nRUN echo "extended at run" > /opt/greeting && chown 1234:1235 /opt/greeting && chmod 4750 /opt/greeting && ln -s greeting /opt/link\n' +
      'RUN rm -f /etc/debian_version && install -d -o 55 -g 56 -m 2775 /srv/data && cp /bin/cat /usr/local/bin/tool\n' +
      'COPY --chown=7:8 note /opt/note\nENV RUN_VARIABLE=extended\nLABEL test.label=extended io.buildpacks.rebasable=true\nWORKDIR /srv/made/deep\n',
  );
  write(
    'extension/bin/generate',
    `#!/usr/bin/env bash\nset -e\nmkdir -p "$CNB_OUTPUT_DIR/context"\necho note > "$CNB_OUTPUT_DIR/context/note"\n` +
      `cat > "$CNB_OUTPUT_DIR/build.Dockerfile" <<'EOF'\n${forBuild}EOF\ncat > "$CNB_OUTPUT_DIR/run.Dockerfile" <<'EOF'\n${forRun}EOF\n` +
      `[ -z "$TEST_ROOT" ] || echo 'USER root' >> "$CNB_OUTPUT_DIR/run.Dockerfile"\n`,
    0o755,
  );
}
