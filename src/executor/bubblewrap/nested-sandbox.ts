import { join } from 'node:path';
import { HostView, PLACES } from './host-view.ts';
import { explainRefusal, readNamespaceFacts } from './refusal.ts';
import { runProcessInBubblewrap } from './run-process.ts';
import { TspackError } from '../../foundation/index.ts';
import type { ProcessExit, ProcessSpec } from '../index.ts';
import type { ProcMount } from './arguments.ts';
import type { IdMap } from './id-map.ts';
import type { OutputPipes } from '../index.ts';

/** What sandboxes of root are made with on this machine. */
export interface NestedTools {
  /** How bubblewrap 0.11 or later is started on the host. */
  readonly bubblewrap: readonly string[];
  /** The unpacked toolbox, and where in it the dynamic loader and the libraries are. */
  readonly toolbox: { readonly root: string; readonly loader: string; readonly libraries: string };
  /** The program of `root-tool/` for this machine. */
  readonly tool: string;
  readonly proc: ProcMount;
  /** Absent: there is one id. */
  readonly idMap?: IdMap;
  /** Gives the user namespace of a process its ids. */
  readonly writeIdMap: (pid: number, map: IdMap) => Promise<void>;
  readonly readFile: (path: string) => string | undefined;
}

export const OUTER_TOOLBOX = '/toolbox';
export const OUTER_TOOL = '/root-tool';

export interface NestedProcess {
  readonly process: ProcessSpec;
  /** Options of the inner bubblewrap, and what comes before the process' command, with files as `view` places them. */
  readonly plan: (view: HostView) => { readonly options: readonly string[]; readonly wrapper: readonly string[] };
  readonly seccomp?: Uint8Array;
  readonly depth: number;
}

/**
 * Runs a process in a sandbox inside of a sandbox: the outer one is a user namespace in which the caller is root, with a
 * view of a few files of this machine; the inner one is made by that root.
 */
export async function runNested(tools: NestedTools, pipes: OutputPipes, nested: NestedProcess): Promise<ProcessExit> {
  const { idMap, toolbox } = tools;
  const view = new HostView();
  view.place(toolbox.root, OUTER_TOOLBOX);
  view.place(tools.tool, OUTER_TOOL);
  const { options, wrapper } = nested.plan(view);
  const owner = idMap?.owner;
  const inner = innerBubblewrap(toolbox);
  return await runProcessInBubblewrap({
    bubblewrap:
      owner === undefined
        ? tools.bubblewrap
        : [...tools.bubblewrap, ...viewOfAnother(view), OUTER_TOOL, 'drop', String(owner.uid), String(owner.gid), ...inner],
    options,
    process: nested.process,
    wrapper,
    pipes,
    outer: {
      options: [
        ...['--unshare-user', '--unshare-pid', '--die-with-parent', '--cap-add', 'ALL'],
        ...(idMap === undefined ? ['--uid', '0', '--gid', '0'] : []),
        ...(owner === undefined ? view.options : SAME_VIEW),
        ...(tools.proc === 'fresh' ? ['--proc', '/proc'] : ['--ro-bind', '/proc', '/proc']),
        // The inner bubblewrap assembles its root over /tmp.
        ...['--dev', '/dev', '--tmpfs', '/tmp'],
      ],
      inner,
      ...(nested.seccomp === undefined ? {} : { seccomp: nested.seccomp }),
      ...(idMap === undefined ? {} : { mapIds: (pid: number) => tools.writeIdMap(pid, idMap) }),
      depth: nested.depth,
    },
    explain(said) {
      const { reason, nextStep } = explainRefusal(said, readNamespaceFacts(tools.readFile));
      return new TspackError({ code: 'SANDBOX_FAILED', message: `Cannot start the sandbox: ${reason}`, nextStep });
    },
  });
}

/**
 * Root shows somebody else files that he could not reach himself, because folders on the way are root's alone: in a
 * mount namespace without any new rights.
 */
function viewOfAnother(view: HostView): readonly string[] {
  return ['--die-with-parent', ...view.options, '--bind', '/proc', '/proc', '--dev-bind', '/dev', '/dev', '--tmpfs', '/tmp', '--'];
}

const SAME_VIEW = [OUTER_TOOLBOX, OUTER_TOOL, PLACES].flatMap((place) => ['--bind-try', place, place]);

function innerBubblewrap(toolbox: NestedTools['toolbox']): readonly string[] {
  const inside = (path: string) => join(OUTER_TOOLBOX, path);
  return [inside(toolbox.loader), '--inhibit-cache', '--library-path', inside(toolbox.libraries), inside('usr/bin/bwrap')];
}

/** Runs `root-tool` over folders of this machine, which it sees by the places that `words` gives them. What it prints. */
export async function runTool(
  tools: NestedTools,
  pipes: OutputPipes,
  words: (view: HostView) => readonly string[],
  sink: (chunk: Uint8Array) => void = () => undefined,
): Promise<void> {
  const errors: Uint8Array[] = [];
  const { code } = await runNested(tools, pipes, {
    process: { command: [], cwd: '/' as ProcessSpec['cwd'], env: {}, stdout: sink, stderr: (chunk) => void errors.push(chunk) },
    plan: (view) => ({ wrapper: [OUTER_TOOL, ...words(view)], options: ['--bind', '/', '/', '--die-with-parent', '--cap-add', 'ALL'] }),
    depth: 2,
  });
  if (code === 0) return;
  const said = Buffer.concat(errors).toString().trim();
  throw new TspackError({
    code: 'SANDBOX_FAILED',
    message: `Cannot handle the files of another user: ${said === '' ? `root-tool ended with ${String(code)}` : said.replace(/^root-tool: /u, '')}`,
    nextStep: 'Check that the disk is not full.',
  });
}
