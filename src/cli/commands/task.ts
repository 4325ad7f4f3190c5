import { TspackError } from '../../index.ts';
import type { Task, Tspack } from '../../index.ts';
import type { CommandContext } from '../context.ts';
import { createDisplay, type Display } from '../render/display.ts';

/** Errors of programs whose output says what is wrong. */
const FAILED_PROGRAMS: ReadonlySet<string> = new Set(['BUILDPACK_FAILED', 'EXTENSION_FAILED', 'DOCKERFILE_RUN_FAILED']);

/** Calls the library for an answer that comes at once: nothing is told meanwhile. */
export async function withLibrary<Result>(context: CommandContext, call: (library: Tspack) => Promise<Result>): Promise<Result> {
  return await call(await context.openLibrary());
}

/** Calls the library while its events show on standard error; the live block is gone before this returns. */
export async function withEvents<Result>(context: CommandContext, call: (library: Tspack, task: Task, display: Display) => Promise<Result>): Promise<Result> {
  const display = createDisplay(context, context.display);
  try {
    const library = await context.openLibrary();
    return await call(library, { events: display.add, signal: context.signal }, display);
  } catch (error) {
    if (error instanceof TspackError && FAILED_PROGRAMS.has(String(error.code))) display.failed();
    throw error;
  } finally {
    display.close();
  }
}
