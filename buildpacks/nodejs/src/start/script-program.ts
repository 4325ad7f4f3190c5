import { basename } from 'node:path';
import { parseSimpleCommand } from '../../../../src/sdk/index.ts';

/** Programs that start the one after them. */
const PREFIXES = new Set(['npx', 'exec', 'env', 'cross-env', 'dotenv', '--']);

/** The program that a script of package.json ends in, with its arguments: the last of several commands, `npm run` and the like followed. */
export function scriptProgram(
  line: string,
  scripts: Readonly<Record<string, string>>,
  depth = 0,
): { readonly program: string; readonly args: readonly string[] } {
  const last = line
    .split(/&&|\|\||;/)
    .at(-1)!
    .trim();
  let words = [...(parseSimpleCommand(last)?.words ?? last.split(/\s+/))];
  while (words.length > 1 && (PREFIXES.has(words[0]!) || /^[A-Za-z_]\w*=/.test(words[0]!))) words = words.slice(1);
  const [program = '', ...args] = words;
  if (['npm', 'yarn', 'pnpm'].includes(program) && depth < 5) {
    const script = args.find((word) => word !== 'run' && word !== 'run-script' && !word.startsWith('-'));
    const inner = script === undefined ? undefined : scripts[script];
    if (inner !== undefined) return scriptProgram(inner, scripts, depth + 1);
  }
  return { program: basename(program), args };
}
