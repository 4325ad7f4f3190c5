import { randomBytes } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, removeTree } from '../../foundation/index.ts';
import { outsideId } from './id-map.ts';
import { makeFolder, ownersPath, treePath } from './layer-folder.ts';
import { runTool } from './nested-sandbox.ts';
import { createOutputPipes } from '../index.ts';
import { formatOwners } from './owner-table.ts';
import { openWritableRoot } from './writable-root.ts';
import { giveTree, ownRecords, unpackTree } from './unpack-tree.ts';
import type { HostPath, LayerTarSource, RootWorkshop } from '../index.ts';
import type { IdMap } from './id-map.ts';
import type { OutputPipes } from '../index.ts';
import type { NestedTools } from './nested-sandbox.ts';
import type { RootWorkshopOptions } from './root-workshop-options.ts';
import type { UnpackedTree } from './unpack-tree.ts';

/**
 * Changes roots in nested sandboxes: with a range of ids where `idMap` has one, else with fakeroot and a filter that
 * lets changes of ids pass. Overlays must work on the file systems of the layer folders.
 */
export function createRootWorkshop(options: RootWorkshopOptions): RootWorkshop {
  const { idMap } = options;
  const newPipes = () => createOutputPipes(options.mkfifo ?? ['mkfifo'], options.scratchDirectory);
  return {
    method: idMap === undefined ? 'emulated' : 'mapped',
    form: idMap === undefined ? 'emulated' : `mapped-${[idMap.uids, idMap.gids].map((ranges) => ranges.map(({ outside }) => outside).join('_')).join('-')}`,
    limits: options.limits,
    async unpack({ directory, layers, signal }) {
      const temporary = `${directory}.${process.pid}-${randomBytes(6).toString('hex')}.tmp` as HostPath;
      await using pipes = newPipes();
      try {
        makeFolder(temporary);
        for (const [index, layer] of layers.entries()) await unpackLayer(options, pipes, temporary, index, layer, signal);
        await rename(temporary, directory);
      } catch (error) {
        await removeLayerFolder(options, pipes, temporary);
        throw error;
      }
    },
    open: (environment) => Promise.resolve(openWritableRoot(options, newPipes(), environment)),
    async remove(directory) {
      await using pipes = newPipes();
      await removeLayerFolder(options, pipes, directory);
    },
  };
}

/** Whether sandboxes of root come about with these tools; the measured reason when not. */
export async function probeNested(tools: NestedTools, scratchDirectory: HostPath, mkfifo: readonly string[] = ['mkfifo']): Promise<string | undefined> {
  await using pipes = createOutputPipes(mkfifo, scratchDirectory);
  try {
    await runTool(tools, pipes, (view) => ['list', `${view.place(tools.toolbox.root)}/usr/bin`]);
    return undefined;
  } catch (error) {
    if (!(error instanceof TspackError)) throw error;
    return error.message;
  }
}

async function unpackLayer(
  options: RootWorkshopOptions,
  pipes: OutputPipes,
  folder: string,
  index: number,
  layer: LayerTarSource,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { idMap, scratchDirectory } = options;
  const tree = treePath(folder, index);
  makeFolder(tree);
  const unpacked: UnpackedTree = await unpackTree(layer(), tree, signal);
  if (idMap === undefined) await writeFile(ownersPath(folder, index), formatOwners(unpacked.owners));
  if (idMap?.owner !== undefined) giveTree(tree, unpacked.all, (owner) => outsideIds(idMap, owner));
  const records = ownRecords(unpacked, idMap === undefined || idMap.owner !== undefined ? new Map() : unpacked.owners);
  if (records.length === 0) return;
  const scratch = await mkdtemp(join(scratchDirectory, 'records-'));
  try {
    // Readable to the owner of the namespace, who may be somebody else.
    chmodSync(scratch, 0o755);
    await writeFile(join(scratch, 'records'), records, { mode: 0o644 });
    await runTool(options, pipes, (view) => ['own', view.place(tree), view.place(join(scratch, 'records'))]);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** Ids that images may have but the sandbox has not become nobody's. */
function outsideIds(idMap: IdMap, { uid, gid }: { readonly uid: number; readonly gid: number }): { readonly uid: number; readonly gid: number } {
  const nobody = 65_534;
  return {
    uid: outsideId(idMap.uids, uid) ?? outsideId(idMap.uids, nobody) ?? 0,
    gid: outsideId(idMap.gids, gid) ?? outsideId(idMap.gids, nobody) ?? 0,
  };
}

async function removeLayerFolder(options: RootWorkshopOptions, pipes: OutputPipes, directory: string): Promise<void> {
  if (!existsSync(directory)) return;
  // Root may remove anything, and with one id everything is the caller's own.
  if (options.idMap?.written === 'tools') {
    for (const name of readdirSync(directory)) {
      if (/^(?:tree\.\d+|work)$/u.test(name)) await runTool(options, pipes, (view) => ['remove', view.place(join(directory, name))]);
    }
  }
  removeTree(directory);
}
