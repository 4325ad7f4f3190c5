import { TspackError, type EnvAction } from '../../../src/sdk/index.ts';

/** A variable of the running application. */
export interface LaunchVariable {
  /** The variable of the build that sets it: `BPE_APPEND_PATH`. */
  readonly source: string;
  /** The only process that sees it; undefined: all do. */
  readonly process: string | undefined;
  readonly name: string;
  readonly action: EnvAction;
  readonly value: string;
  /** Between the old value and the new one of append and prepend. */
  readonly delimiter: string | undefined;
}

const ACTIONS: Readonly<Record<string, EnvAction>> = { APPEND_: 'append', DEFAULT_: 'default', OVERRIDE_: 'override', PREPEND_: 'prepend' };
const DELIMITER = 'DELIM_';

/**
 * Reads `BPE_<NAME>`, `BPE_<ACTION>_<NAME>` and `BPE_DELIM_<NAME>`; after `BPE_PROCESS_<type>__` they count for that process alone.
 * In name order. Throws `ENVIRONMENT_VARIABLE_INVALID`.
 */
export function readLaunchVariables(env: Readonly<Record<string, string>>): readonly LaunchVariable[] {
  const parts = Object.keys(env)
    .filter((source) => source.startsWith('BPE_'))
    .sort()
    .map((source) => ({ source, value: env[source]!, ...splitName(source) }));
  const delimiterOf = ({ process, name }: { process: string | undefined; name: string }) =>
    parts.find((part) => part.action === undefined && part.name === name && part.process === process)?.value;
  const variables = parts.flatMap(({ action, ...part }) =>
    action === undefined ? [] : [{ ...part, action, delimiter: action === 'append' || action === 'prepend' ? delimiterOf(part) : undefined }],
  );
  for (const { source, process, name, action } of parts) {
    const isUsed = variables.some((other) => other.name === name && other.process === process && other.delimiter !== undefined);
    if (action === undefined && !isUsed) throw invalid(source, `neither BPE_APPEND_${name} nor BPE_PREPEND_${name} is set`, 'Set one of them too.');
  }
  return variables;
}

/** What the name of a build variable says; without an action it is a delimiter. */
function splitName(source: string): { readonly process: string | undefined; readonly name: string; readonly action: EnvAction | undefined } {
  const ofProcess = /^BPE_PROCESS_([A-Za-z0-9._-]+?)__(.*)$/s.exec(source);
  const rest = ofProcess?.[2] ?? source.slice('BPE_'.length);
  const prefix = [...Object.keys(ACTIONS), DELIMITER].find((each) => rest.startsWith(each)) ?? '';
  const name = rest.slice(prefix.length);
  // A name becomes the name of a file.
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) throw invalid(source, `"${name}" is not the name of a variable`, 'Write a name such as BPE_LOG_LEVEL.');
  return { process: ofProcess?.[1], name, action: prefix === DELIMITER ? undefined : (ACTIONS[prefix] ?? 'override') };
}

function invalid(source: string, problem: string, nextStep: string): TspackError {
  return new TspackError({ code: 'ENVIRONMENT_VARIABLE_INVALID', message: `Cannot use ${source}: ${problem}`, nextStep });
}
