import { TspackError } from '../foundation/index.ts';
import { parseSimpleCommand } from './shell-words.ts';

/** The words of a variable that holds flags, quoted as in a shell; none where it is not set. Throws `FLAGS_INVALID`. */
export function readFlags(env: Readonly<Record<string, string>>, variable: string): readonly string[] {
  const text = env[variable]?.trim() ?? '';
  if (text === '') return [];
  const parsed = parseSimpleCommand(text);
  if (parsed !== undefined && parsed.env.length === 0) return parsed.words;
  throw new TspackError({
    code: 'FLAGS_INVALID',
    message: `Cannot use ${variable} "${text}": a quote does not end, or a shell would be needed to read it`,
    nextStep: `Write flags alone in ${variable}, quoted where they hold a space.`,
  });
}
