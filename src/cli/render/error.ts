import { TspackError } from '../../index.ts';
import type { Style } from './style.ts';
import { systemError } from './system-error.ts';
import { outputLine, visible, visibleLines } from './untrusted.ts';

/** What a buildpack said when it was asked; errors of a failed detection carry one for each. */
interface Explanation {
  readonly buildpack: string;
  readonly version: string;
  readonly verdict: string;
  readonly output: string;
  readonly reason?: string;
}

/**
 * An error for people: what failed, its code, and what to do now. Trouble of the system, such as a full disk, is told in
 * words; anything else that is no {@link TspackError} is a bug of ours, and shows its stack. With `verbose` the causes
 * follow.
 */
export function describeError(error: unknown, style: Style, verbose: boolean): string {
  const known: TspackError | undefined = error instanceof TspackError ? error : systemError(error);
  if (known === undefined) return describeBug(error, style);
  const lines = [`${style.error('ERROR:')} ${visibleLines(known.message)}${known.code === 'USAGE' ? '' : style.faint(` [${known.code}]`)}`];
  for (const explanation of explanationsOf(known)) lines.push(...describeExplanation(explanation, style));
  if (known.nextStep !== undefined) lines.push(`${style.tip('Next step:')} ${visibleLines(known.nextStep)}`);
  if (verbose) lines.push(...causesOf(known).map((cause) => `  caused by ${visibleLines(cause)}`));
  return lines.join('\n');
}

/** The same for machines: the members of the `error` line of docs/log-format.md. A bug of ours has a stack and no code. */
export function errorMembers(error: unknown): object {
  const known: TspackError | undefined = error instanceof TspackError ? error : systemError(error);
  if (known === undefined) return { message: String(error), ...(error instanceof Error ? { stack: error.stack } : {}) };
  const { code, message, nextStep } = known;
  const explanations = explanationsOf(known);
  const causes = causesOf(known);
  return { code, message, nextStep, ...(explanations.length === 0 ? {} : { explanations }), ...(causes.length === 0 ? {} : { causes }) };
}

function explanationsOf(error: TspackError): readonly Explanation[] {
  return 'explanations' in error && Array.isArray(error.explanations) ? (error.explanations as readonly Explanation[]) : [];
}

const VERDICTS: Readonly<Record<string, string>> = {
  pass: 'would take part, but no group with it fits',
  fail: 'does not take part',
  error: 'failed',
  unsupported: 'is not for this target',
};

function describeExplanation({ buildpack, version, verdict, output, reason }: Explanation, style: Style): readonly string[] {
  const heading = `${visible(buildpack)} ${visible(version)} ${VERDICTS[verdict] ?? visible(verdict)}${reason === undefined ? '' : `: ${visible(reason)}`}`;
  const said = output.split(/\r?\n/).filter((line) => line.trim() !== '');
  return [`  ${heading}`, ...said.map((line) => `    ${outputLine(line, style.color)}`)];
}

function causesOf(error: Error): readonly string[] {
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 10; cause = cause.cause) {
    causes.push(cause instanceof TspackError ? `${cause.message} [${cause.code}]` : (cause.stack ?? String(cause)));
  }
  return causes;
}

function describeBug(error: unknown, style: Style): string {
  const text = error instanceof Error ? (error.stack ?? String(error)) : `a thrown value: ${String(error)}`;
  return [
    `${style.error('ERROR:')} This should not have happened: it is a bug in tspack`,
    visibleLines(text),
    `${style.tip('Next step:')} Report it with the text above and what "tspack version" and "tspack doctor" print`,
  ].join('\n');
}
