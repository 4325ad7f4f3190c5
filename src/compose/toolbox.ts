import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBuilder, unpackToolbox } from '../builder/index.ts';
import { probeBubblewrap } from '../executor/bubblewrap/index.ts';
import { makeDirectory } from '../foundation/index.ts';
import { architectureOf, builderEvents } from '../platform/index.ts';
import { createSupply } from './debian.ts';
import { readText } from './read-text.ts';
import type { Toolbox } from '../builder/index.ts';
import type { BubblewrapProbe } from '../executor/bubblewrap/index.ts';
import type { EventSink } from '../foundation/index.ts';
import type { BuildEvent } from '../platform/index.ts';
import type { Machine } from './machine.ts';

const HOST_BUBBLEWRAP = '/usr/bin/bwrap';

/** The programs that sandboxes need, unpacked when they are not here yet. */
export async function openToolbox(machine: Machine, events: EventSink<BuildEvent>, signal: AbortSignal): Promise<Toolbox> {
  const architecture = architectureOf(machine.platform);
  const builder = readBuilder(join(machine.directories.builders, 'toolbox'));
  const cacheDirectory = join(machine.home().cache, 'images');
  makeDirectory(cacheDirectory);
  const told = builderEvents(events);
  return await unpackToolbox({
    builder,
    architecture,
    supply: createSupply(machine)(builder, architecture, false, told, signal),
    cacheDirectory,
    clock: machine.clock,
    events: told,
  });
}

/** A bubblewrap that works here, and how it was started. */
export type UsableBubblewrap = { readonly command: readonly string[]; readonly probe: Extract<BubblewrapProbe, { usable: true }> };

/** Tries our own bubblewrap, then the host's, which AppArmor may allow more. */
export async function findBubblewrap(toolbox: Toolbox): Promise<UsableBubblewrap | Extract<BubblewrapProbe, { usable: false }>> {
  const own = await probeBubblewrap({ bubblewrap: toolbox.bubblewrap, readFile: readText });
  if (own.usable) return { command: toolbox.bubblewrap, probe: own };
  if (!existsSync(HOST_BUBBLEWRAP)) return own;
  const hosts = await probeBubblewrap({ bubblewrap: [HOST_BUBBLEWRAP], readFile: readText });
  return hosts.usable ? { command: [HOST_BUBBLEWRAP], probe: hosts } : own;
}
