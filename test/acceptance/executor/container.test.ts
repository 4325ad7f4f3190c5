import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openRootTar } from '../../../src/compose/root-tar.ts';
import { createDaemonClient, findDaemons, hasDaemonImage, importDaemonImage, readDaemonSecurity } from '../../../src/daemon/index.ts';
import { createContainerExecutor } from '../../../src/executor/container/index.ts';
import { digestHex, digestOf, systemClock } from '../../../src/foundation/index.ts';
import { executorContract } from '../../contract/executor-contract.ts';
import { hostPath, sandboxPath } from '../../support/sandbox-root.ts';
import { skipWithout } from '../../support/requirement.ts';
import type { Daemon } from '../../../src/daemon/index.ts';
import type { Executor, Mount } from '../../../src/executor/index.ts';

const caller = { uid: process.getuid!(), gid: process.getgid!() };
const probes = await findDaemons({ env: process.env, uid: caller.uid, home: process.env.HOME, userAgent: 'tspack-test', clock: systemClock });
const daemons = probes.flatMap((probe) => (probe.usable ? [probe.daemon] : []));
skipWithout('a Docker or Podman daemon', daemons.length > 0);

const REPOSITORY = 'localhost/tspack-test/root';

/** Each root of a test as an image. */
async function loaded(daemon: Daemon, root: string): Promise<string> {
  const name = { repository: REPOSITORY, tag: digestHex(digestOf(root)).slice(0, 16) };
  if (!(await hasDaemonImage(daemon, name))) await importDaemonImage(daemon, name, () => openRootTar(root));
  return `${name.repository}:${name.tag}`;
}

/** Docker puts its first process into /sbin, which the /usr of this machine must not cover. */
function withoutSbin(executor: Executor): Executor {
  const split = (mount: Mount): readonly Mount[] => {
    if (mount.kind !== 'bind' || mount.target !== '/usr') return [mount];
    const folders = readdirSync('/usr', { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== 'sbin');
    return folders.map(({ name }) => ({ ...mount, source: hostPath(`/usr/${name}`), target: sandboxPath(`/usr/${name}`) }));
  };
  return { name: executor.name, open: (environment) => executor.open({ ...environment, mounts: environment.mounts.flatMap(split) }) };
}

it('has a daemon to test with', () => {
  if (process.env.TSPACK_TEST_REQUIRE === '1') expect(daemons).not.toEqual([]);
});

for (const daemon of daemons) {
  const init = daemon.name === 'docker' || ['/usr/libexec/podman/catatonit', '/usr/bin/catatonit'].some((path) => existsSync(path));
  executorContract({
    name: `container, by ${daemon.name} ${daemon.version}`,
    create: async (root) =>
      withoutSbin(
        createContainerExecutor({
          daemon,
          security: await readDaemonSecurity(daemon),
          caller,
          imageOf: (folder) => loaded(daemon, folder),
          ownDirectory: hostPath(root.directory),
          cacheDirectory: root.folder('cache'),
          owner: `test ${process.pid}`,
          init,
        }),
      ),
    isFirstProcess: !init,
    ...(caller.uid === 0 ? {} : { user: caller }),
  });
}

describe.each(daemons)('what the tests left in $name', (daemon) => {
  it('is nothing but images, which go too', async () => {
    const client = createDaemonClient(daemon);
    expect(await client.listContainers(`io.tspack.build=test ${process.pid}`)).toEqual([]);
    const response = await daemon.http.request({
      url: `${daemon.url}/images/json?filters=${encodeURIComponent(JSON.stringify({ reference: [`${REPOSITORY}:*`] }))}`,
    });
    for (const { RepoTags } of (await response.json()) as { RepoTags: string[] }[]) {
      for (const tag of RepoTags)
        await (await daemon.http.request({ method: 'DELETE', url: `${daemon.url}/images/${tag}?force=1`, expect: [404, 409] })).discard();
    }
  });
});
