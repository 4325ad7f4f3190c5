import { formatBuildpackFact, redact } from '../foundation/index.ts';
import type { WantedFact } from '../foundation/index.ts';
import type { AppendToRecord } from './build-record.ts';
import type { CommandRunner } from './command.ts';
import { currentLayer } from './current-layer.ts';

/** Ends a plan: what would come next depends on what only a build makes. Not an error: the plan is told up to there. */
class PlanEnd extends Error {}

/** A file that a build would fetch now. */
export type WantedFile = Omit<WantedFact, 'kind' | 'buildpack' | 'layer'>;

/** What keeps a plan from doing the work of a build. */
export interface Planner {
  /** Whether the plan has ended: what a buildpack makes of the end, such as an error of its own, does not count. */
  readonly ended: boolean;
  /** Runs what only asks something; anything else is where the plan ends. */
  run(real: CommandRunner): CommandRunner;
  /** Writes down what would be fetched now, and ends the plan. */
  want(files: readonly WantedFile[]): never;
}

/** `buildpack` is `id/version`. */
export function createPlanner(buildpack: string, append: AppendToRecord): Planner {
  const layer = () => {
    const name = currentLayer();
    return name === undefined ? {} : { layer: name };
  };
  let ended = false;
  const end = (reason: string): never => {
    ended = true;
    append(formatBuildpackFact({ kind: 'end', buildpack, ...layer(), reason }));
    throw new PlanEnd(reason);
  };
  return {
    get ended() {
      return ended;
    },
    run: (real) => async (command) => (command.asks === true ? await real(command) : end(`it runs ${commandText(command.command)}`)),
    want(files) {
      for (const file of files) append(formatBuildpackFact({ kind: 'wanted', buildpack, ...layer(), ...file }));
      const [first, ...more] = files;
      return end(`it is made of ${first?.label ?? 'files'}${more.length === 0 ? '' : ` and ${more.length} more`}`);
    },
  };
}

const MOST_WORDS = 4;

/** `npm ci`, `node npm-cli.js run build`: without options, whose values may be secrets, and without folders. */
function commandText(command: readonly string[]): string {
  const words = command.filter((word) => !word.startsWith('-') && !word.includes('://')).map((word) => (word.startsWith('/') ? word.split('/').at(-1)! : word));
  return redact(words.slice(0, MOST_WORDS).join(' ').replaceAll('\n', ' '));
}
