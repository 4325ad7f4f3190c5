import type { Command } from 'commander';

/**
 * The command line with `--name... a b` written out as `--name a --name b`: systems that give lists, as the arrays of
 * Tekton and Shipwright, need no shell to repeat an option. A list ends at the next option and may be empty; empty values
 * count for nothing. An option that takes no value is there for `true`, and is not for `false`.
 */
export function spreadOptions(argv: readonly string[], program: Command): readonly string[] {
  const written: string[] = [];
  let spread: string | undefined;
  let command = program;
  for (const word of argv) {
    const [, name] = /^(--[^=]+)\.\.\.$/.exec(word) ?? [];
    if (name !== undefined || word.startsWith('-')) {
      spread = name;
      if (name === undefined) written.push(word);
    } else if (spread === undefined) {
      command = command.commands.find((inner) => inner.name() === word) ?? command;
      written.push(word);
    } else if (word !== '') {
      written.push(...writeOut(spread, word, command));
    }
  }
  return written;
}

function writeOut(name: string, value: string, command: Command): readonly string[] {
  const option = command.options.find(({ long }) => long === name);
  const isFlag = option !== undefined && !option.required && !option.optional;
  if (!isFlag || !['true', 'false'].includes(value)) return [`${name}=${value}`];
  return value === 'true' ? [name] : [];
}
