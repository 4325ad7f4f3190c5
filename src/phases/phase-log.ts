import type { LifecycleEvent } from '../lifecycle/index.ts';
import { invalidArguments } from './phase-error.ts';
import type { PhaseOutput } from './phase-ports.ts';

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];

/** Text of a phase: info on standard output, warnings and errors on standard error (CNB.md C004). */
export interface PhaseLog {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  /** A sink for what the phases of the lifecycle say. */
  readonly events: (event: LifecycleEvent) => void;
  /** What a program printed, whatever the level. */
  program(text: string): void;
}

/** Throws with exit code 3 for a level that does not exist. */
export function parseLogLevel(text: string): LogLevel {
  const name = text.toLowerCase() === 'warn' ? 'warning' : text.toLowerCase();
  const level = LEVELS.find((candidate) => candidate === name);
  if (level !== undefined) return level;
  throw invalidArguments(`Cannot log at level "${text}": want debug, info, warn or error`);
}

export function createPhaseLog(output: PhaseOutput, level: LogLevel): PhaseLog {
  const wanted = (asked: LogLevel) => LEVELS.indexOf(asked) >= LEVELS.indexOf(level);
  const log: PhaseLog = {
    debug: (message) => void (wanted('debug') && output.stdout(`${message}\n`)),
    info: (message) => void (wanted('info') && output.stdout(`${message}\n`)),
    warn: (message) => void (wanted('warning') && output.stderr(`Warning: ${message}\n`)),
    error: (message) => output.stderr(`ERROR: ${message}\n`),
    program: (text) => output.stdout(text),
    events(event) {
      if (event.kind === 'output') output[event.stream](event.bytes);
      else if (event.kind === 'layer') log.info(describeLayer(event));
      else if (event.level === 'debug') log.debug(event.message);
      else if (event.level === 'warning') log.warn(event.message);
      else log.info(event.message);
    },
  };
  return log;
}

const ACTIONS = {
  restoring: 'Restoring data for',
  removing: 'Removing',
  reusing: 'Reusing layer',
  adding: 'Adding layer',
  caching: 'Adding cache layer',
  keeping: 'Reusing cache layer',
} as const;

/** In the reference's words, which people search logs for. */
function describeLayer({ action, name, reason }: Extract<LifecycleEvent, { kind: 'layer' }>): string {
  if (action === 'restoring') return `${ACTIONS.restoring} "${name}" from cache`;
  return `${ACTIONS[action]} '${name}'${reason === undefined ? '' : `, ${reason}`}`;
}
