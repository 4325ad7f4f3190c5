import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Toolbox } from '../../../src/builder/index.ts';
import { createBubblewrapExecutor, probeBubblewrap, probeOverlay } from '../../../src/executor/bubblewrap/index.ts';
import type { BuildEnvironment, HostPath, SandboxPath } from '../../../src/executor/index.ts';
import { validateImage, parseImageReference } from '../../../src/oci/index.ts';
import type { BuildPorts, BuildSandbox } from '../../../src/platform/index.ts';
import { BuildFixture } from '../../support/build-fixture.ts';
import { machineArchitecture, realBuilders } from '../../support/real-builder.ts';
import { skipWithout } from '../../support/requirement.ts';
import { createTestRoot, readText } from '../../support/sandbox-root.ts';

const kept = process.env['TSPACK_TEST_CACHE'];
const home = kept ?? mkdtempSync(join(tmpdir(), 'tspack-overlay-'));
const architecture = machineArchitecture();
afterAll(() => {
  if (kept === undefined) rmSync(home, { recursive: true, force: true });
});

/** Leaves the same files whatever the cache gave it: names of any bytes, and files that came, changed and went. */
const SCRIPT = `#!/bin/bash
set -eu
layer="$1/modules"
if [ -e "$layer/kept" ]; then echo "restored"; fi
mkdir -p "$layer"
cd "$layer"
printf 'kept' > kept
if [ "\${ROUND:-}" = two ]; then
  rm -rf 'gone' 'replaced' 'folder'
  printf 'new' > $'new\\n\\377\\033[31m'
  printf 'a file now' > folder
  mkdir -p replaced && printf 'other' > replaced/other
  printf 'changed' > changed
  mv renamed-before renamed-after 2>/dev/null || { mkdir -p renamed-after && printf 'moved' > renamed-after/file; }
  chmod 0700 mode 2>/dev/null || { mkdir mode && chmod 0700 mode; }
else
  mkdir -p gone replaced folder renamed-before mode
  printf 'x' > gone/file; printf 'one' > replaced/one; printf 'y' > folder/file; printf 'moved' > renamed-before/file
  printf 'first' > changed
fi
printf 'bytes' > $'\\377 not utf-8'
printf 'long' > "$(printf 'n%.0s' {1..255})"
rm -f pipe && mkfifo pipe
ln -sfn $'\\376 nowhere' link
printf '[types]\\nlaunch = true\\ncache = true\\n' > "$1/modules.toml"
`;

describe.skipIf(skipWithout('linux on amd64 or arm64', architecture !== undefined))('layers over an overlay', () => {
  let toolbox: Toolbox;
  let fixture: BuildFixture;
  let root: ReturnType<typeof createTestRoot>;
  beforeAll(async () => {
    mkdirSync(join(home, 'images'), { recursive: true });
    toolbox = await realBuilders(home).toolbox(architecture!);
  });
  beforeEach(() => {
    root = createTestRoot();
    fixture = new BuildFixture();
    fixture.buildpack('samples/one', { build: SCRIPT, detect: '#!/bin/bash\n' });
  });
  afterEach(() => {
    root[Symbol.dispose]();
    fixture.remove();
  });

  async function ports(overlay: boolean): Promise<Partial<BuildPorts>> {
    const probe = await probeBubblewrap({ bubblewrap: toolbox.bubblewrap, readFile: readText });
    const proc = 'proc' in probe && probe.proc !== undefined ? { proc: probe.proc } : {};
    const executor = createBubblewrapExecutor({ bubblewrap: toolbox.bubblewrap, scratchDirectory: root.scratchDirectory, readFile: readText, ...proc });
    const sandbox: BuildSandbox = {
      executor,
      overlaysWork: async (directory) => {
        if (overlay) expect(await probeOverlay(toolbox.bubblewrap, directory)).toBe(true);
        return overlay;
      },
      async listMerged(mount, path, format) {
        const environment: BuildEnvironment = { root: toolbox.root as HostPath, user: { uid: 0, gid: 0 }, mounts: [mount], network: 'none', hostname: 'test' };
        await using running = await executor.open(environment);
        const chunks: Uint8Array[] = [];
        const { code } = await running.run({
          command: ['/usr/bin/find', path, ...format],
          cwd: '/' as SandboxPath,
          env: { LC_ALL: 'C' },
          stdout: (chunk) => void chunks.push(Buffer.from(chunk)),
        });
        expect(code).toBe(0);
        return Buffer.concat(chunks);
      },
    };
    return {
      openSandbox: async () => sandbox,
      resolveBuilder: async (request) => ({ ...(await fixture.resolveBuilder(request)), root: root.root, mounts: root.environment().mounts }),
    };
  }
  const printed = () => Buffer.concat(fixture.events.flatMap((event) => (event.kind === 'output' ? [event.bytes] : []))).toString();

  it.each([true, false])('gives the image of a clean build after every change (overlay: %s)', async (overlay) => {
    const given = await ports(overlay);
    const one = await fixture.build({}, given);
    const two = await fixture.build({ env: { ROUND: 'two' } }, given);
    expect(printed()).toContain('restored');
    const again = await fixture.build({ env: { ROUND: 'two' } }, given);
    expect(printed()).toContain('restored');
    const clean = await fixture.build({ env: { ROUND: 'two' }, clearCache: true }, given);
    expect(printed()).not.toContain('restored');
    expect(two.imageId).not.toBe(one.imageId);
    expect({ two: two.imageId, again: again.imageId }).toEqual({ two: clean.imageId, again: clean.imageId });
    const image = (await fixture.store.read(parseImageReference('example.com/team/app:1'), { os: 'linux', architecture: 'amd64' }))!;
    expect(await validateImage(image)).toEqual([]);
    expect(readFileSync(join(fixture.source, 'app.txt'), 'utf8')).toBe('application');
  });
});
