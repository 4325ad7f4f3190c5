import { join } from 'node:path';
import { createPackageSupply } from '../builder/index.ts';
import { discoverMirrors, httpTransport, readAptSources, readSnapshotAddress } from '../debian/index.ts';
import { TspackError } from '../foundation/index.ts';
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

/** The mirror for buildpacks, where this machine names one. */
export function debianMirrorEnv(machine: Machine): Readonly<Record<string, string>> {
  const found = mirrorsIfAny(machine);
  if (found === undefined || found.origin === 'snapshot') return {};
  const { debian, 'debian-security': security } = found.addresses;
  return { TSPACK_DEBIAN_MIRROR: debian, TSPACK_DEBIAN_SECURITY_MIRROR: security };
}

function mirrorsIfAny(machine: Machine): DebianMirrors | undefined {
  try {
    return debianMirrors(machine);
  } catch (error) {
    // Most builds need no package; one that does says what is missing.
    if (error instanceof TspackError && error.code === 'DEBIAN_MIRROR_UNKNOWN') return undefined;
    throw error;
  }
}

export function debianContext(machine: Machine, events: EventSink<BuilderEvent>, signal: AbortSignal): DebianContext {
  // Looked up with the first request: with everything unpacked already, neither a mirror nor a client is needed.
  let mirrors: DebianMirrors | undefined;
  return {
    transport: httpTransport(lazyClient(machine)),
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
