import type { Fields } from './fields.ts';
import { refuseOtherKeys } from './known-keys.ts';

const ACTIONS = ['default', 'override', 'append', 'prepend'];

/** The files of a `<build-config>/env` folder by name, and what is odd about the entries that made them. */
export interface BuildConfigEnv {
  readonly files: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** Reads `[[build.env]]` of builder.toml: name, value, suffix and delim become `NAME.suffix` and `NAME.delim` (C131). */
export function readBuildConfigEnv(entries: readonly Fields[]): BuildConfigEnv {
  const files: Record<string, string> = {};
  const warnings: string[] = [];
  const needDelimiter = new Map<string, Fields>();
  for (const entry of entries) {
    refuseOtherKeys(entry, ['name', 'value', 'suffix', 'delim', 'exec-env']);
    const name = entry.requiredString('name');
    // A name becomes a file name.
    if (/[/\0]/.test(name) || name === '.' || name === '..') entry.problem('name', `"${name}" is not the name of a variable`);
    const value = entry.string('value') ?? '';
    const suffix = entry.string('suffix') ?? '';
    const delimiter = entry.string('delim') ?? '';
    if (suffix !== '' && !ACTIONS.includes(suffix)) entry.problem('suffix', `"${suffix}" is not known, want one of ${ACTIONS.join(', ')}`);
    if (value === '') warnings.push(`The variable "${name}" of [[build.env]] has no value`);
    const file = suffix === '' ? name : `${name}.${suffix}`;
    if (Object.hasOwn(files, file)) warnings.push(`[[build.env]] sets "${file}" twice: the last value counts`);
    files[file] = value;
    if (delimiter !== '') files[`${name}.delim`] = delimiter;
    if (suffix === 'append' || suffix === 'prepend') needDelimiter.set(name, entry);
  }
  for (const [name, entry] of needDelimiter) {
    if (!Object.hasOwn(files, `${name}.delim`)) entry.problem('delim', `is missing: "${name}" is appended or prepended`);
  }
  return { files, warnings };
}
