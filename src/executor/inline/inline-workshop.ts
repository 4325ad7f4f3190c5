import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TspackError } from '../../foundation/index.ts';
import { createOutputPipes } from '../index.ts';
import { findProgram } from './find-program.ts';
import { applyLayerFolder, layerId, makeLayerFolder, storeChanges, storeTars } from './layer-folder.ts';
import { outlineOf } from './outline.ts';
import { changesBetween } from './root-changes.ts';
import { listRoot, mountPoints } from './root-listing.ts';
import { runProcessHere } from './run-process.ts';
import type { HostPath, RootChange, RootEnvironment, RootWorkshop, WritableRoot } from '../index.ts';
import type { InlineOptions } from './inline-executor.ts';
import type { RootListing } from './root-listing.ts';

export interface InlineWorkshopOptions extends InlineOptions {
  /** The root that is changed: `/`, where processes run. */
  readonly root: HostPath;
  /** Absolute paths below which changes do not count; mount points never do. */
  readonly ignoredPaths: readonly string[];
}

/** A workshop whose only root is the one that we live in. */
export interface InlineWorkshop extends RootWorkshop {
  /** Brings the root to the state that layer folders say, as the next process would find it. */
  settle(lowers: readonly HostPath[], signal?: AbortSignal): Promise<void>;
  /** The root as a tar in which files are empty, but for those that say who its users are. */
  outline(): AsyncIterable<Uint8Array>;
}

/** Longer than a tick of the clock that files get their times from: a later change has a later time. */
const TICK_MILLISECONDS = 20;

/**
 * Changes the root of a container from within, as its root: no namespaces, no overlays, no mounts. The base, which is
 * the last of all layer folders, is what the root is at the beginning, whatever the folder holds; states only follow
 * each other. A layer folder holds a tar of what a process has changed, found by comparing two listings of the root, and
 * is applied when it comes from elsewhere. Processes of other users have no supplementary groups.
 */
export function createInlineWorkshop(options: InlineWorkshopOptions): InlineWorkshop {
  const { root, ignoredPaths, searchPath, temporaryDirectory } = options;
  const mkfifo = findProgram('mkfifo', searchPath);
  const applied: string[] = [];
  let listing: RootListing | undefined;

  const list = () => listRoot(root, new Set([...mountPoints(), '/proc', '/sys', '/dev', ...ignoredPaths]));

  async function settle(lowers: readonly HostPath[], signal?: AbortSignal): Promise<void> {
    const wanted = lowers.slice(0, -1).reverse();
    const ids = wanted.map(layerId);
    if (applied.some((id, index) => ids[index] !== id)) throw unable('this root cannot go back to an earlier state');
    for (const [index, folder] of wanted.entries()) {
      if (index < applied.length) continue;
      await applyLayerFolder(folder, root, mkfifo, signal);
      applied.push(ids[index]!);
      listing = undefined;
    }
  }

  function openRoot({ upper }: RootEnvironment, id: string): WritableRoot {
    const pipes = createOutputPipes([mkfifo], temporaryDirectory);
    let changes: readonly RootChange[] = [];
    return {
      async run(process) {
        const before = (listing ??= list());
        await sleep(TICK_MILLISECONDS);
        const exit = await runProcessHere(process, pipes);
        listing = list();
        changes = changesBetween(root, before, listing);
        if (changes.length === 0) return exit;
        await storeChanges(upper, changes);
        applied.push(id);
        return exit;
      },
      async *changes() {
        await Promise.resolve();
        yield* changes;
      },
      [Symbol.asyncDispose]: () => pipes[Symbol.asyncDispose](),
    };
  }

  return {
    method: 'mapped',
    form: 'inline-1',
    limits: [],
    settle,
    outline: () => outlineOf(root, (listing ??= list())),
    unpack: ({ directory, layers, signal }) => storeTars(directory, layers, signal),
    async open(environment) {
      if (environment.mounts.length > 0) throw unable('nothing can be mounted');
      if (environment.network === 'none') throw unable('the network cannot be kept away');
      await settle(environment.lowers);
      return openRoot(environment, makeLayerFolder(environment.upper));
    },
    remove: (directory) => Promise.resolve(rmSync(directory, { recursive: true, force: true })),
  };
}

function unable(why: string): TspackError {
  return new TspackError({
    code: 'INLINE_UNABLE',
    message: `Cannot change the root of this container: ${why}`,
    nextStep: 'Leave out what needs it, or build with tspack build',
  });
}
