import type { Command, Option } from 'commander';

/** What may stand in the place of a word. */
export interface Candidates {
  /** Words that are known already, or the names of things; files are the shell's to complete. */
  readonly words: readonly string[] | 'images' | 'builders' | 'files';
  /** Stands before each of them: `--builder=`. */
  readonly prefix: string;
}

/** How the placeholders of arguments and options name what tspack has. */
const THINGS: Readonly<Record<string, 'images' | 'builders'>> = { image: 'images', images: 'images', from: 'images', to: 'images', builder: 'builders' };

/** What fits in the place of the last of `words`, from the definition of the program itself: no command or option is listed twice. */
export function findCandidates(program: Command, words: readonly string[]): Candidates {
  const current = words.at(-1) ?? '';
  let command = program;
  let position = 0;
  let pending: Option | undefined;
  for (const word of words.slice(0, -1)) {
    // What follows is for the program that is run.
    if (word === '--') return { prefix: '', words: 'files' };
    if (pending !== undefined) pending = undefined;
    else if (word.startsWith('-')) pending = withValue(optionOf(command, word));
    else {
      const inner = position === 0 ? command.commands.find((each) => each.name() === word || each.aliases().includes(word)) : undefined;
      if (inner === undefined) position += 1;
      else command = inner;
    }
  }
  if (pending !== undefined) return { prefix: '', words: valuesOf(pending) };
  const flag = /^(--[^=]+)=/.exec(current)?.[1];
  if (flag !== undefined) return { prefix: `${flag}=`, words: valuesOf(optionOf(command, flag)) };
  if (current.startsWith('-')) return { prefix: '', words: flagsOf(command) };
  return { prefix: '', words: position === 0 && command.commands.length > 0 ? commandsOf(command) : argumentsOf(command, position) };
}

function commandsOf(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((inner) => inner.name());
}

function flagsOf(command: Command): readonly string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short }) => long ?? short ?? '');
}

function argumentsOf({ registeredArguments }: Command, position: number): Candidates['words'] {
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[position] ?? (last?.variadic === true ? last : undefined);
  return argument === undefined ? 'files' : (argument.argChoices ?? THINGS[argument.name()] ?? 'files');
}

function optionOf(command: Command, flag: string): Option | undefined {
  return command.options.find(({ long, short }) => long === flag || short === flag);
}

/** An option whose value is a word of its own. */
function withValue(option: Option | undefined): Option | undefined {
  return option?.required === true ? option : undefined;
}

function valuesOf(option: Option | undefined): Candidates['words'] {
  if (option === undefined) return 'files';
  return option.argChoices ?? THINGS[/[<[]([\w-]+)/.exec(option.flags)?.[1] ?? ''] ?? 'files';
}
