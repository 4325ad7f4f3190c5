import type { Task, Tspack } from '../../index.ts';
import type { CommandContext } from '../context.ts';
import { BuildEvents } from '../render/build-events.ts';
import { createConsole, type Console } from '../render/console.ts';

/** Calls the library while its events show on standard error; the live block is gone before this returns. */
export async function withEvents<Result>(context: CommandContext, call: (library: Tspack, task: Task, console: Console) => Promise<Result>): Promise<Result> {
  const console = createConsole(context, context.display);
  const events = new BuildEvents(console, context, context.display);
  try {
    const library = await context.openLibrary();
    return await call(library, { events: events.add, signal: context.signal }, console);
  } finally {
    events.close();
  }
}
