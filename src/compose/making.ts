import { join } from 'node:path';
import { packageRoot } from '../foundation/index.ts';
import { createBuilderImage, inspectModule, newModule, packageModule, publishBuilder } from '../platform/index.ts';
import { builderPorts } from './builders.ts';
import { openRegistry, requireDaemon } from './images.ts';
import { withHome } from './with-home.ts';
import type { BuilderPorts, Making, MakingPorts } from '../platform/index.ts';
import type { Machine } from './machine.ts';

/** What makes builders, buildpacks and extensions on this machine. */
export function composeMaking(machine: Machine, workingDirectory: string): Making {
  const ports = (): MakingPorts => ({
    ...sharedPorts(builderPorts(machine, workingDirectory)),
    registry: (insecureRegistries, { events, signal }) => openRegistry(machine, insecureRegistries, events, signal),
    daemon: ({ signal }) => requireDaemon(machine, signal),
    lifecycle: {
      programs: machine.directories.lifecycle,
      launcher: ({ architecture }) => join(machine.directories.launchers, `launcher-linux-${architecture}`),
    },
    program: packageRoot(),
    hostPlatform: machine.platform,
    version: machine.version,
  });
  return {
    packageModule: (options, task) => withHome(machine, task, () => packageModule(options, ports(), task)),
    createBuilderImage: (options, task) => withHome(machine, task, () => createBuilderImage(options, ports(), task)),
    publishBuilder: (options, task) => withHome(machine, task, () => publishBuilder(options, ports(), task)),
    newModule: (options) => newModule(options, machine.platform),
    inspectModule: (options, task) => withHome(machine, task, () => inspectModule(options, ports(), task)),
  };
}

/** One verb reads many images: they share what a registry has told, and its logins. */
function sharedPorts({ bundled, modules }: BuilderPorts): BuilderPorts {
  const opened = new Map<string, ReturnType<typeof modules.registry>>();
  return {
    bundled,
    modules: {
      ...modules,
      registry(insecureRegistries, events, signal) {
        const key = insecureRegistries.join(' ');
        const known = opened.get(key) ?? modules.registry(insecureRegistries, events, signal);
        opened.set(key, known);
        return known;
      },
    },
  };
}
