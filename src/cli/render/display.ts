import type { BuildEvent, EventSink } from '../../index.ts';
import type { CliContext, DisplayOptions } from '../context.ts';
import { BuildEvents } from './build-events.ts';
import { createConsole } from './console.ts';
import { HeldOutput } from './held-output.ts';
import { JsonEvents } from './json-events.ts';
import type { Style } from './style.ts';

/** How a command speaks on standard error while it works: text for people, or a JSON object a line for machines. */
export interface Display {
  /** Shows one event. */
  readonly add: EventSink<BuildEvent>;
  /** Shows what a command has come to; `text` is for people. Nothing is shown after it. */
  result(value: object, text: (style: Style) => string): void;
  /** Shows what is still held back, and removes what does not stay. */
  close(): void;
}

/** A display that can be too quiet to tell why a program failed. */
export interface TaskDisplay extends Display {
  /** Shows what the program has printed that failed. */
  failed(): void;
}

/** The display that the user has asked for. */
export function createDisplay(context: CliContext, options: DisplayOptions): TaskDisplay {
  const display = options.logFormat === 'json' ? new JsonEvents(context, options) : new BuildEvents(createConsole(context, options), context, options);
  return options.quiet
    ? quietly(display)
    : { add: display.add, result: (value, text) => display.result(value, text), close: () => display.close(), failed: () => undefined };
}

/** Warnings only, and what a program has printed once it is known to have failed. */
function quietly(display: Display): TaskDisplay {
  const held = new HeldOutput();
  return {
    add(event) {
      if (event.kind === 'output') held.add(event);
      if (event.kind === 'message' && event.level === 'warning') display.add(event);
    },
    result: (value, text) => display.result(value, text),
    close: () => display.close(),
    failed: () => held.take().forEach(display.add),
  };
}
