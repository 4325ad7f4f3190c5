import type { DoctorFinding } from '../../index.ts';
import { EXIT } from '../exit-code.ts';
import { parseFormat } from '../options/format.ts';
import type { CommandFunction } from '../command.ts';
import { createStyle, wantsColor, type Style } from '../render/style.ts';
import { visible } from '../render/untrusted.ts';
import { withEvents } from './task.ts';

/** `tspack doctor`: exit code 1 when something that a build needs does not work. */
export const doctor: CommandFunction<[], { readonly output: string; readonly verify?: boolean }> = async (_args, flags, context) => {
  const format = parseFormat(flags.output);
  const findings = await withEvents(context, (library, task) => library.doctor({ verify: flags.verify === true }, task));
  const color = context.display.color && wantsColor(undefined, context.environment, context.stdout.isTerminal);
  context.stdout.write(format === 'json' ? `${JSON.stringify(findings, undefined, 2)}\n` : describeFindings(findings, createStyle(color)));
  return findings.some(({ status }) => status === 'problem') ? EXIT.failure : EXIT.success;
};

function describeFindings(findings: readonly DoctorFinding[], style: Style): string {
  const width = Math.max(0, ...findings.map(({ topic }) => topic.length));
  const marks = { ok: style.tip('ok'), info: style.faint('--'), problem: style.error('!!') };
  const lines = findings.flatMap(({ topic, status, message, nextStep }) => {
    const indent = ' '.repeat(width + 5);
    const [first = '', ...rest] = message.split('\n').map(visible);
    const step = nextStep === undefined ? [] : [`${indent}${style.tip('Next step:')} ${visible(nextStep)}`];
    return [`${marks[status]} ${visible(topic).padEnd(width)}  ${first}`, ...rest.map((line) => indent + line), ...step];
  });
  return `${lines.join('\n')}\n`;
}
