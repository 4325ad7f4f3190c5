import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundledBuilderPorts } from '../../src/compose/builders.ts';
import type { Machine } from '../../src/compose/machine.ts';
import { resolveBundledBuilder } from '../../src/platform/index.ts';

/** What makes a small builder with Docker and pack. */
export interface SmallBuilderTools {
  /** A folder for files in between. */
  readonly directory: string;
  readonly machine: Machine;
  readonly registry: string;
  /** The archive of the reference lifecycle. */
  readonly lifecycle: string;
  readonly run: (command: string, args: readonly string[]) => Promise<string>;
  readonly pack: (...args: readonly string[]) => Promise<string>;
}

/** A builder made by pack on a small Debian, trusted by pack and pushed as `<registry>/builder:1`; its run image is `<registry>/run:1`. `buildpack` is a folder. */
export async function publishSmallBuilder(
  { directory, machine, registry, lifecycle, run, pack }: SmallBuilderTools,
  buildpack: string,
  id: string,
): Promise<string> {
  const at = (name: string) => join(directory, name);
  const { signal } = new AbortController();
  const request = { name: 'base', platform: machine.platform, frozen: false, events: () => undefined, signal };
  const { root } = await resolveBundledBuilder(request, bundledBuilderPorts(machine));
  const without = ['./usr/include', './usr/share', './usr/libexec', './usr/lib/gcc', './usr/lib/git-core'].map((path) => `--exclude=${path}`);
  await run('tar', ['-cf', at('small.tar'), '--numeric-owner', '--owner=0', '--group=0', ...without, '-C', root, '.']);
  const changes = [
    'ENV CNB_USER_ID=1001 CNB_GROUP_ID=1000 PATH=/usr/local/bin:/usr/bin:/bin',
    'USER 1001:1000',
    'LABEL io.buildpacks.base.distro.name=debian io.buildpacks.base.distro.version=13',
  ];
  await run('docker', ['import', ...changes.flatMap((change) => ['--change', change]), at('small.tar'), `${registry}/run:1`]);
  mkdirSync(at('small'), { recursive: true });
  writeFileSync(at('small/Dockerfile'), `FROM ${registry}/run:1\nUSER 0\nRUN chown -R 1001:1000 /home/cnb\nUSER 1001:1000\n`);
  await run('docker', ['build', '--quiet', '--network', 'host', '--tag', `${registry}/build:1`, at('small')]);
  for (const name of ['run', 'build']) await run('docker', ['push', '--quiet', `${registry}/${name}:1`]);
  writeFileSync(
    at('small/builder.toml'),
    `[[buildpacks]]\nuri = "${buildpack}"\n[[order]]\n[[order.group]]\nid = "${id}"\n[build]\nimage = "${registry}/build:1"\n[run]\n[[run.images]]\nimage = "${registry}/run:1"\n[lifecycle]\nuri = "${lifecycle}"\n`,
  );
  const builder = `${registry}/builder:1`;
  await pack('builder', 'create', builder, '--config', at('small/builder.toml'), '--pull-policy', 'if-not-present');
  await pack('config', 'trusted-builders', 'add', builder);
  await run('docker', ['push', '--quiet', builder]);
  return builder;
}
