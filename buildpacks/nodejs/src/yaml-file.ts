import { TspackError } from '../../../src/sdk/index.ts';

/** Parses the YAML text of `file`. Throws `YAML_INVALID` with file, line and column. */
export async function parseYamlFile(text: string, file: string, nextStep = `Correct ${file}.`): Promise<unknown> {
  const { parseDocument } = (await import('yaml')).default; // only applications with such a file pay for it; CommonJS
  // Lockfiles have no aliases: none are expanded, so that a few lines cannot become gigabytes.
  const document = parseDocument(text, { prettyErrors: true, logLevel: 'silent' });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const at = problem.linePos?.[0];
    const [message = ''] = problem.message.split(' at line', 1);
    throw new TspackError({
      code: 'YAML_INVALID',
      message: `Cannot read ${file}${at === undefined ? '' : `:${at.line}:${at.col}`}: ${message}`,
      nextStep,
      cause: problem,
    });
  }
  return document.toJS({ maxAliasCount: 0 });
}
