import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInlineExecutor } from '../executor/inline/index.ts';
import { makeDirectory } from '../foundation/index.ts';
import { ownView } from '../host/index.ts';
import { ownTag } from '../store/index.ts';
import type { BuildOptions, BuildSandbox, HostBuildSettings } from '../platform/index.ts';
import { packageSources } from './sandbox.ts';
import type { Machine } from './machine.ts';

/** A build in that image: its builder, and the bindings that the container has been given, at their place of the specification. */
export function withOwnBuilder<Options extends BuildOptions>(options: Options, { environment, ownBuilder }: Machine): Options {
  const record = ownBuilder();
  if (record === undefined) return options;
  const root = environment.SERVICE_BINDING_ROOT ?? '';
  const names = root === '' || !existsSync(root) ? [] : readdirSync(root).filter((name) => !name.startsWith('.'));
  const bindings = names.map((name) => ({ source: join(root, name), target: `/platform/bindings/${name}`, writable: false }));
  return { ...options, defaultBuilder: record.name, volumes: [...options.volumes, ...bindings] };
}

/** Processes run here, without a sandbox: the container is one. */
export function openInline({ environment, home }: Machine): BuildSandbox {
  const temporaryDirectory = join(home().work, `${ownTag()}-pipes`);
  makeDirectory(temporaryDirectory);
  return {
    executor: createInlineExecutor({ searchPath: environment.PATH ?? '', temporaryDirectory }),
    inPlace: true,
    overlaysWork: () => Promise.resolve(false),
    listMerged: () => Promise.reject(new Error('nothing is mounted in a container')),
  };
}

/** What processes get of this container: proxies, addresses of registries, and the files of certificates where they are. */
export async function inlineBuildSettings(machine: Machine): Promise<HostBuildSettings> {
  return { mounts: [], env: ownView(await machine.settings()), ...(await packageSources(machine)) };
}
