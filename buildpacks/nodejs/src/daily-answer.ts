import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, type BuildContext } from '../../../src/sdk/index.ts';

/** A question whose answer is kept for a day. */
export interface DailyQuestion<Answer> {
  /** What is listed: `yarn`, `nodejs.org`. Names the layer. */
  readonly of: string;
  /** For the log: `the list of yarn versions`. */
  readonly title: string;
  /** Where the answer comes from, for warnings: `The registry`. */
  readonly source: string;
  readonly address: string;
  /** Asks; the answer is kept as JSON. */
  readonly ask: () => Promise<Readonly<Record<string, Answer>>>;
}

/**
 * The answer to a question about versions. It is kept in a layer that only the cache sees, and asked for once a day; when nobody answers, the
 * last answer counts, with a warning.
 */
export async function askDaily<Answer>(context: BuildContext, question: DailyQuestion<Answer>): Promise<ReadonlyMap<string, Answer>> {
  const { of, title, source, address, ask } = question;
  const outcome = await context.layer({
    name: `versions-${of.replace(/^@/, '').replaceAll(/[/.]/g, '-')}`,
    title,
    types: { cache: true },
    onChange: 'keep',
    inputs: [
      { name: 'registry', value: digestOf(address) },
      { name: 'date', value: context.clock.now().toISOString().slice(0, 10), readable: true },
    ],
    create: async (layer) => {
      const file = join(layer.path, 'versions.json');
      try {
        writeFileSync(file, JSON.stringify(await ask()));
      } catch (error) {
        if (readAnswer(file) === undefined) throw error;
        context.log.warning(
          `${source} could not be asked for ${title}; that of the last build is used (${error instanceof Error ? error.message : String(error)})`,
        );
      }
      return {};
    },
  });
  return readAnswer<Answer>(join(outcome.layer.path, 'versions.json')) ?? new Map();
}

function readAnswer<Answer>(file: string): ReadonlyMap<string, Answer> | undefined {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Answer>));
  } catch {
    return undefined; // none yet, or cut off: asked again
  }
}
