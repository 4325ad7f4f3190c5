import { join } from 'node:path';
import { createPackageSupply } from '../builder/index.ts';
import { discoverMirrors, readAptSources, readSnapshotAddress } from '../debian/index.ts';
import { downloadVerified } from '../http/index.ts';
import type { Architecture, BuilderDefinition, BuilderEvent, PackageSupply, RegistryFile } from '../builder/index.ts';
import type { DebianContext, DebianMirrors } from '../debian/index.ts';
import type { EventSink } from '../foundation/index.ts';
import type { HttpClient } from '../http/index.ts';
import type { Machine } from './machine.ts';

/** The Debian mirror of this machine. Throws `DEBIAN_MIRROR_UNKNOWN`, `DEBIAN_MIRROR_INVALID`. */
export function debianMirrors(machine: Machine): DebianMirrors {
  return discoverMirrors({
    environment: machine.environment,
    aptSources: readAptSources('/etc/apt'),
    snapshot: readSnapshotAddress(),
    now: machine.clock.now(),
  });
}

export function debianContext(machine: Machine, events: EventSink<BuilderEvent>, signal: AbortSignal): DebianContext {
  // Looked up with the first request: with everything unpacked already, neither a mirror nor a client is needed.
  let mirrors: DebianMirrors | undefined;
  return {
    client: lazyClient(machine),
    get mirrors() {
      return (mirrors ??= debianMirrors(machine));
    },
    cacheDirectory: join(machine.home().cache, 'debian'),
    events,
    signal,
  };
}

export function createSupply(machine: Machine) {
  return (builder: BuilderDefinition, architecture: Architecture, frozen: boolean, events: EventSink<BuilderEvent>, signal: AbortSignal): PackageSupply =>
    createPackageSupply({
      builder,
      architecture,
      debian: debianContext(machine, events, signal),
      lockCacheDirectory: join(machine.home().cache, 'locks'),
      frozen,
      clock: machine.clock,
      events,
    });
}

export function downloadFile(machine: Machine) {
  return async (file: RegistryFile, path: string, events: EventSink<BuilderEvent>, signal: AbortSignal): Promise<void> => {
    await downloadVerified({ client: await machine.http(), url: file.url, digest: file.digest, path, label: file.label, events, signal });
  };
}

function lazyClient(machine: Machine): Pick<HttpClient, 'request'> {
  return { request: async (request) => (await machine.http()).request(request) };
}
