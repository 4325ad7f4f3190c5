import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree } from '../../foundation/index.ts';
import { acceptsFakeroot } from './fakeroot-check.ts';
import { forOlderGlibc } from './older-glibc.ts';
import { exportChanges } from './export-changes.ts';
import { layerTrees, makeFolder, makeSandboxFolder, ownersPath, readOwners, treePath } from './layer-folder.ts';
import { runNested, runTool } from './nested-sandbox.ts';
import { formatOwners, mergeOwners, parseOwners } from './owner-table.ts';
import { ownersAfter } from './owners-after.ts';
import { OWN_PLACE, rootArguments } from './root-arguments.ts';
import { parseTreeListing } from './root-listing.ts';
import { rootSeccompFilter } from './seccomp-filter.ts';
import { hasEntry } from './layer-entry.ts';
import type { ProcessExit, ProcessSpec, RootEnvironment, WritableRoot } from '../index.ts';
import type { OutputPipes } from '../index.ts';
import type { OwnerTable } from './owner-table.ts';
import type { ListedEntry } from './root-listing.ts';
import type { RootWorkshopOptions } from './root-workshop-options.ts';

/** Opens a root over layer folders; see `RootWorkshop.open`. */
export function openWritableRoot(options: RootWorkshopOptions, pipes: OutputPipes, environment: RootEnvironment): WritableRoot {
  const { idMap } = options;
  const { upper, lowers } = environment;
  const [tree, work, state] = [treePath(upper, 0), join(upper, 'work'), join(upper, 'state')];
  makeFolder(upper);
  for (const folder of [tree, work]) makeSandboxFolder(folder, idMap);
  const layers = layerTrees([upper, ...lowers]);
  const made = new Set<string>();
  let fakerootWorks: boolean | undefined;

  const ownersNow = (): OwnerTable => mergeOwners(layers.map((layer) => ({ owners: readOwners(layer.owners), has: (path) => hasEntry(layer.tree, path) })));

  async function list(): Promise<readonly ListedEntry[]> {
    const chunks: Uint8Array[] = [];
    await runTool(
      options,
      pipes,
      (view) => ['list', view.place(tree)],
      (chunk) => void chunks.push(Buffer.from(chunk)),
    );
    return parseTreeListing(Buffer.concat(chunks));
  }

  /** Runs a process behind `wrapper`; `user` in a namespace of his own. */
  function start(process: ProcessSpec, wrapper: readonly string[], user: ProcessSpec['user'], own: Readonly<Record<string, string>>): Promise<ProcessExit> {
    return runNested(options, pipes, {
      process,
      depth: wrapper[1] === 'session' ? 3 : 2,
      ...(user === undefined ? { seccomp: rootSeccompFilter(options.architecture, idMap === undefined) } : {}),
      plan(view) {
        // An overlay wants its writable folder and its work folder in one mount.
        view.place(upper);
        const root = { trees: layers.map((layer) => layer.tree), work };
        const plan = rootArguments(root, environment, process, { 'root-tool': options.tool, ...own }, user, view);
        for (const path of plan.made) made.add(path);
        return { options: plan.options, wrapper };
      },
    });
  }

  async function runEmulated(spec: ProcessSpec): Promise<ProcessExit> {
    const { user } = spec;
    const before = ownersNow();
    const others = user !== undefined && (user.uid !== 0 || user.gid !== 0) ? user : undefined;
    const listed = others === undefined ? [] : await list();
    let remembered: OwnerTable | undefined;
    let exit: ProcessExit;
    if (others === undefined && (fakerootWorks ??= await acceptsFakeroot(options.architecture, (check) => start(check, SAME, undefined, {})))) {
      removeTree(state);
      makeFolder(state);
      writeFileSync(join(state, 'known'), formatOwners(before));
      const { toolbox, fakeroot } = options;
      const library = join(upper, FAKEROOT);
      if (!existsSync(library)) writeFileSync(library, forOlderGlibc(readFileSync(join(toolbox.root, fakeroot.library))), { mode: 0o755 });
      const inside = (path: string) => join(`${OWN_PLACE}/toolbox`, path);
      const words = [`${OWN_PLACE}/${FAKEROOT}`, inside(toolbox.loader), inside(toolbox.libraries), inside(fakeroot.daemon)];
      exit = await start(spec, [TOOL, 'session', `${OWN_PLACE}/state`, ...words], undefined, { toolbox: toolbox.root, state, [FAKEROOT]: library });
      const left = join(state, 'owners');
      remembered = existsSync(left) ? parseOwners(readFileSync(left)) : undefined;
      removeTree(state);
    } else {
      // apt would drop to a user of its own, and finds that it has not worked.
      writeFileSync(join(upper, APT), 'APT::Sandbox::User "root";\n', { mode: 0o644 });
      const env = others === undefined ? { APT_CONFIG: `${OWN_PLACE}/${APT}`, ...spec.env } : spec.env;
      exit = await start({ ...spec, env }, SAME, others, others === undefined ? { [APT]: join(upper, APT) } : {});
    }
    const wasThere = (path: string) => listed.some((entry) => entry.path === path) || layers.slice(1).some((layer) => hasEntry(layer.tree, path));
    writeFileSync(ownersPath(upper, 0), formatOwners(ownersAfter({ entries: await list(), before, remembered, newOwner: others, wasThere })));
    return exit;
  }

  return {
    run(process) {
      if (idMap === undefined) return runEmulated(process);
      const { uid, gid, groups = [] } = process.user ?? { uid: 0, gid: 0 };
      const names = groups.length === 0 ? '-' : groups.join(',');
      return start(process, [TOOL, 'as', String(uid), String(gid), names], undefined, {});
    },
    async *changes() {
      yield* exportChanges({
        options,
        pipes,
        upper,
        layers,
        entries: await list(),
        made,
        owners: idMap === undefined ? readOwners(ownersPath(upper, 0)) : undefined,
      });
    },
    async [Symbol.asyncDispose]() {
      removeTree(work);
      for (const name of [FAKEROOT, APT]) removeTree(join(upper, name));
      removeTree(state);
      await pipes[Symbol.asyncDispose]();
    },
  };
}

const TOOL = `${OWN_PLACE}/root-tool`;
const FAKEROOT = 'libfakeroot.so';
const APT = 'apt.conf';
const SAME = [TOOL, 'as', '=', '=', '='];
