/** Shells that a script can be had for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * Scripts that ask `tspack complete -- WORDS...` for candidates, one on each line, and leave the rest to the shell's own
 * completion of files.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  // Bash breaks words at colons and equals signs, so words are taken from the line, and what bash has broken off is not repeated.
  bash: `_tspack() {
  local line=\${COMP_LINE:0:COMP_POINT} words current cut candidate
  read -ra words <<< "$line"
  case $line in *[[:space:]]) words+=('') ;; esac
  current=\${words[\${#words[@]} - 1]}
  cut=\${current%"\${current##*[:=]}"}
  COMPREPLY=()
  while IFS= read -r candidate; do COMPREPLY+=("\${candidate#"$cut"}"); done < <(tspack complete -- "\${words[@]:1}" 2> /dev/null)
}
complete -o default -F _tspack tspack
`,
  zsh: `#compdef tspack
_tspack() {
  local -a candidates
  candidates=("\${(@f)$(tspack complete -- "\${(@)words[2,CURRENT]}" 2> /dev/null)}")
  if [[ -n $candidates[1] ]]; then compadd -a candidates; else _files; fi
}
if [[ $funcstack[1] == _tspack ]]; then _tspack "$@"; else compdef _tspack tspack; fi
`,
  fish: `function __tspack_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l candidates (tspack complete -- $words[2..] "$current" 2> /dev/null)
  if set -q candidates[1]
    string join \\n $candidates
  else
    __fish_complete_path "$current"
  end
end
complete -c tspack -f -a '(__tspack_complete)'
`,
};
