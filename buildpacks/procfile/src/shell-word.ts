const SHELL_WORDS = new Set(
  (
    '! . : alias bg bind break builtin caller case cd command compgen complete compopt continue coproc declare dirs disown do done elif else enable esac ' +
    'eval exec exit export fc fg fi for function getopts hash help history if in jobs let local logout mapfile popd pushd read readarray readonly return ' +
    'select set shift shopt source suspend then time times trap type typeset ulimit umask unalias unset until wait while [[ { }'
  ).split(' '),
);

/** Whether a command of this name is the shell's own and no program: `cd`, `if`, `trap`. Names that are both, such as `echo`, count as programs. */
export function isShellWord(word: string): boolean {
  return SHELL_WORDS.has(word);
}
