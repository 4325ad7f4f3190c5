import { nearestNames } from '../foundation/index.ts';
import { DockerfileError } from './dockerfile-error.ts';
import { normalizeText } from './normalize-text.ts';
import { KEYWORDS, parseFrom, parseInstruction } from './parse-instruction.ts';
import type { ArgInstruction, Dockerfile, Instruction, Stage } from './instruction.ts';
import type { RawInstruction } from './instruction.ts';

/** Of text; nobody writes a larger one, and the parser holds it several times. */
const MAXIMUM_CHARACTERS = 10_000_000;

/**
 * Reads a Dockerfile (Dockerfile reference of BuildKit 1.x): continued lines, here-documents, the directive `escape`,
 * stages. Nothing is expanded yet. `file` is what errors call it.
 *
 * Throws `DOCKERFILE_INVALID` with file and line for what Docker refuses too, and `DOCKERFILE_UNSUPPORTED` for what
 * only we do.
 */
export async function parseDockerfile(text: string, file: string): Promise<Dockerfile> {
  if (text.length > MAXIMUM_CHARACTERS) {
    throw new DockerfileError({ file, line: 1 }, { problem: `it is larger than ${MAXIMUM_CHARACTERS} characters` });
  }
  const {
    default: { DockerfileParser },
  } = await import('dockerfile-ast'); // 20 ms: only where there is a Dockerfile
  const escape = DockerfileParser.parse(directiveLines(text)).getEscapeCharacter();
  const normalized = normalizeText(text, escape, file);
  const raw = DockerfileParser.parse(normalized.text)
    .getInstructions()
    .map((instruction): RawInstruction => {
      const { line } = instruction.getRange().start;
      const restored = normalized.restore(normalized.text.split('\n', line + 1)[line] ?? '').trim();
      const keyword = normalized.restore(instruction.getKeyword()).toUpperCase();
      return {
        file,
        line: line + 1,
        keyword,
        text: restored.slice(keyword.length).trim(),
        heredocs: normalized.heredocs.get(line) ?? [],
        escape,
      };
    });
  return arrange(raw, file, escape);
}

/** The leading comments, which may hold directives. */
function directiveLines(text: string): string {
  const lines = text.replace(/^\u{feff}/u, '').split('\n');
  const end = lines.findIndex((line) => !line.trimStart().startsWith('#'));
  return lines.slice(0, end < 0 ? lines.length : end).join('\n');
}

function arrange(instructions: readonly RawInstruction[], file: string, escape: string): Dockerfile {
  const globalArguments: ArgInstruction[] = [];
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  for (const raw of instructions) {
    requireKeyword(raw);
    if (raw.keyword === 'FROM') {
      stages.push({ from: parseFrom(raw), instructions: [] });
      continue;
    }
    const instruction = parseInstruction(raw);
    const stage = stages.at(-1);
    if (stage !== undefined) stage.instructions.push(instruction);
    else if (instruction.keyword === 'ARG') globalArguments.push(instruction);
    else throw new DockerfileError(raw, { problem: `${raw.keyword} stands before FROM`, nextStep: 'Begin with FROM; only ARG may stand before it' });
  }
  if (stages.length === 0) {
    throw new DockerfileError(
      { file, line: Math.max(1, instructions.at(-1)?.line ?? 1) },
      { problem: 'it has no FROM', nextStep: 'Name the base image with FROM' },
    );
  }
  return { file, escape, globalArguments, stages };
}

function requireKeyword(raw: RawInstruction): void {
  if (KEYWORDS.includes(raw.keyword)) return;
  const near = nearestNames(raw.keyword, KEYWORDS)[0];
  throw new DockerfileError(raw, {
    problem: `"${raw.keyword}" is no instruction`,
    nextStep:
      near === undefined
        ? 'Look for a line that should continue the one before it'
        : `Write ${near}, or look for a line that should continue the one before it`,
  });
}
