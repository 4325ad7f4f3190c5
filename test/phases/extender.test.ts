import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAnalyzedToml } from '../../src/cnb/index.ts';
import { readIndex } from '../../src/oci/index.ts';
import { runLifecycle } from '../../src/phases/index.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { PhasePlace } from '../support/phase-place.ts';
import type { PhaseUser } from '../../src/phases/index.ts';
import type { FakeRegistry } from '../support/fake-registry.ts';

const home = mkdtempSync(join(tmpdir(), 'tspack-extender-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let place: PhasePlace;
const at = (path: string) => place.at(path);
const identity = ['-uid', '1001', '-gid', '1000'];

/** Says that it is root until it becomes somebody else; it is whoever runs the tests. */
function root(): PhaseUser {
  let [uid, gid] = [0, 0];
  return {
    get uid() {
      return uid;
    },
    get gid() {
      return gid;
    },
    become: (nextUid, nextGid) => void ([uid, gid] = [nextUid, nextGid]),
    lookUp: () => ({ home: '/home/known', name: 'known' }),
  };
}

const asUser = (program: string, ...args: readonly string[]) => runLifecycle(program, ['-layers', at('layers'), ...args], place.ports());
const asRoot = (program: string, ...args: readonly string[]) => runLifecycle(program, ['-layers', at('layers'), ...args], place.ports({ user: root() }));
const extendRun = (...args: readonly string[]) => asRoot('extender', '-app', at('app'), '-kind', 'run', ...identity, ...args);
const extendBuild = () => asRoot('extender', ...place.hermetic(), ...identity);

/** What the container is before any Dockerfile. */
function freshRoot(): void {
  rmSync(at('root'), { recursive: true, force: true });
  mkdirSync(at('root/opt'), { recursive: true });
  writeFileSync(at('root/opt/old'), 'old');
}

function writeExtension(runDockerfile: string): void {
  place.write('extensions/test_ext/1/extension.toml', 'api = "0.10"\n[extension]\nid = "test/ext"\nversion = "1"\n');
  place.write('extensions/test_ext/1/bin/detect', '#!/bin/sh\nexit 0\n', 0o755);
  const forBuild = `ARG base_image\nFROM \${base_image}\nARG user_id\nUSER root\nRUN echo tool > ${at('root')}/opt/tool\nENV PATH=/by-extension:$PATH\nUSER \${user_id}\n`;
  const forRun = `ARG base_image\nFROM \${base_image}\n${runDockerfile}`;
  place.write(
    'extensions/test_ext/1/bin/generate',
    `#!/bin/sh\ncat > "$CNB_OUTPUT_DIR/build.Dockerfile" <<'EOF'\n${forBuild}EOF\ncat > "$CNB_OUTPUT_DIR/run.Dockerfile" <<'EOF'\n${forRun}EOF\n`,
    0o755,
  );
  place.writeBuildpack(
    `cat ${at('root')}/opt/tool && echo "$PATH in $HOME" && printf '[[processes]]\\ntype = "web"\\ncommand = ["true"]\\n' > "$1/launch.toml"`,
  );
  place.write(
    'order.toml',
    '[[order]]\n[[order.group]]\nid = "test/shell"\nversion = "1"\n[[order-extensions]]\n[[order-extensions.group]]\nid = "test/ext"\nversion = "1"\n',
  );
}

const DOCKERFILE = () =>
  `ARG user_id\nARG group_id\nUSER root\nRUN rm ${at('root')}/opt/old && echo new > ${at('root')}/opt/new\nLABEL io.buildpacks.rebasable=true by=extension\nUSER \${user_id}:\${group_id}\n`;

/** Analyzer, detector and restorer, as far as the extender needs them. */
async function prepare(registry: FakeRegistry): Promise<string> {
  const config = { config: { config: { User: '1001:1000', Env: ['PATH=/usr/bin:/bin'] } } };
  const [runImage, buildImage] = [await place.pushImage(registry, 'run', config), await place.pushImage(registry, 'build', config)];
  const app = `${registry.host}/app:latest`;
  mkdirSync(at('kaniko'));
  expect(await asUser('analyzer', ...identity, '-run-image', runImage, app), place.printed.stderr).toBe(0);
  const detect = [...place.hermetic(), '-order', at('order.toml'), '-extensions', at('extensions')];
  expect(await runLifecycle('detector', detect, place.ports()), place.printed.stderr).toBe(0);
  expect(await asUser('restorer', ...identity, '-build-image', buildImage), place.printed.stderr).toBe(0);
  return app;
}

beforeEach(() => {
  place = new PhasePlace(home);
  freshRoot();
  place.write('app/file', 'app');
});

describe('the extender', () => {
  it('extends both images between the other phases', async () => {
    await using registry = await startFakeRegistry();
    writeExtension(DOCKERFILE());
    const app = await prepare(registry);
    const { buildImage, runImage } = parseAnalyzedToml(readFileSync(at('layers/analyzed.toml'), 'utf8'), '');
    expect(runImage?.extend).toBe(true);
    for (const reference of [buildImage?.reference, runImage?.reference]) {
      const [, digest = ''] = reference?.split('@') ?? [];
      expect(readdirSync(at(`kaniko/cache/base/${digest}/blobs/sha256`))).toHaveLength(2);
    }

    expect(await extendRun(), place.printed.stderr).toBe(0);
    const [saved = ''] = readdirSync(at('layers/extended/run'));
    expect(readIndex(at(`layers/extended/run/${saved}`)).map(({ digest }) => digest)).toEqual([saved]);
    expect(readdirSync(at(`layers/extended/run/${saved}/blobs/sha256`))).toHaveLength(3);

    freshRoot();
    expect(await extendBuild(), place.printed.stderr).toBe(0);
    expect(place.printed.stdout).toContain('tool\n/by-extension:/usr/bin:/bin in /home/known\n');

    place.write('launcher', 'launcher', 0o755);
    const places = ['-launcher', at('launcher'), '-app', at('app')];
    expect(await asUser('exporter', ...identity, ...places, app), place.printed.stderr).toBe(0);
    expect(place.printed.stdout).toContain("Adding layer 'test/ext:extended-layer-2'");
    const manifest = await fetch(`http://${registry.host}/v2/app/manifests/latest`);
    const { config } = (await manifest.json()) as { readonly config: { readonly digest: string } };
    const blob = await (await fetch(`http://${registry.host}/v2/app/blobs/${config.digest}`)).json();
    expect(blob).toMatchObject({ config: { User: '1001:1000', Labels: { by: 'extension', 'io.buildpacks.rebasable': 'true' } } });
    const { history } = blob as { readonly history: readonly { readonly created_by: string }[] };
    expect(history[2]?.created_by).toMatch(/^Layer: 'RUN rm .*', Created by extension: test\/ext$/u);
  });

  it('finds instructions in its cache, for as long as it is told to', async () => {
    await using registry = await startFakeRegistry();
    writeExtension(DOCKERFILE());
    await prepare(registry);
    expect(await extendRun()).toBe(0);
    const first = readdirSync(at('layers/extended/run'));
    expect(await extendBuild()).toBe(0);

    freshRoot();
    place.printed = { stdout: '', stderr: '' };
    expect(await extendRun(), place.printed.stderr).toBe(0);
    expect(place.printed.stdout).toMatch(/RUN rm .* \(cached\)/u);
    expect(existsSync(at('root/opt/old'))).toBe(true);
    expect(readdirSync(at('layers/extended/run'))).toEqual(first);
    expect(await extendBuild(), place.printed.stderr).toBe(0);
    expect(place.printed.stdout).toContain('(cached)\ntool\n');

    place.printed = { stdout: '', stderr: '' };
    expect(await extendRun('-kaniko-cache-ttl', '0s')).toBe(0);
    expect(place.printed.stdout).not.toContain('(cached)');
  });

  it('ends with 102 when a run image would run as root, a command fails, and for whoever is not root', async () => {
    await using registry = await startFakeRegistry();
    writeExtension('USER root\nRUN exit 7\n');
    await prepare(registry);
    expect(await extendRun()).toBe(102);
    expect(place.printed.stderr).toContain('exited with 7');
    place.write('layers/generated/test_ext/run.Dockerfile', 'ARG base_image\nFROM ${base_image}\nUSER root\n');
    expect(await extendRun()).toBe(102);
    expect(place.printed.stderr).toContain('which is root');
    expect(await asUser('extender', '-app', at('app'), '-kind', 'run')).toBe(102);
    expect(place.printed.stderr).toContain('Cannot extend an image as user 1001');
  });

  it('asks for the experimental mode below Platform API 0.13', async () => {
    writeExtension(DOCKERFILE());
    const detect = async (CNB_PLATFORM_API: string, CNB_EXPERIMENTAL_MODE: string) =>
      await runLifecycle(
        'detector',
        [...place.hermetic(), '-order', at('order.toml'), '-extensions', at('extensions')],
        place.ports({ environment: { ...place.ports().environment, CNB_PLATFORM_API, CNB_EXPERIMENTAL_MODE } }),
      );
    place.write('layers/analyzed.toml', '[run-image]\nreference = "registry.example/run"\nimage = "registry.example/run"\n');
    expect(await detect('0.12', 'error')).toBe(1);
    expect(existsSync(at('layers/group.toml'))).toBe(false);
    expect(await detect('0.12', 'warn'), place.printed.stderr).toBe(0);
    expect(place.printed.stderr).toContain('uses the experimental feature "Dockerfiles"');
    expect(readdirSync(at('layers/generated')).sort()).toEqual(['build', 'run']);
    expect(await detect('0.13', 'error'), place.printed.stderr).toBe(0);
    expect(readdirSync(at('layers/generated'))).toContain('test_ext');
  });

  it('says what is missing', async () => {
    expect(await extendRun()).toBe(102);
    place.write('layers/analyzed.toml', `[run-image]\nreference = "registry.example/run@sha256:${'0'.repeat(64)}"\nimage = "run"\nextend = true\n`);
    expect(await extendRun()).toBe(102);
    expect(place.printed.stderr).toMatch(/Cannot find the run image .* in .*kaniko/u);
    expect(await extendRun('-kind', 'both')).toBe(3);
  });

  it('gives a failed buildpack the exit code of the builder', async () => {
    await using registry = await startFakeRegistry();
    writeExtension(DOCKERFILE());
    await prepare(registry);
    place.write('buildpacks/test_shell/1/bin/build', '#!/bin/sh\nexit 9\n', 0o755);
    expect(await extendBuild()).toBe(51);
  });
});
