/** The folder of `--tekton-results [dir]`; by default the one in which Tekton looks for the results of a step. */
export function parseTektonResults(value: string | true, inWorkingDirectory: (path: string) => string): string {
  return inWorkingDirectory(value === true ? '/tekton/results' : value);
}
