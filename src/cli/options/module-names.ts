import { usageError } from '../usage-error.ts';

/** `<id>@<version>,<id>@<version>`, as `--flatten` and `--flatten-exclude` take it. Throws `USAGE`. */
export function parseModuleNames(text: string, flag: string): readonly string[] {
  return text.split(',').map((part) => {
    const name = part.trim();
    if (/^[^@]+@[^@]+$/.test(name)) return name;
    throw usageError(`Cannot read ${flag} "${name}": want <buildpack-id>@<buildpack-version>`, `Write ${flag} example/one@1.0.0,example/two@2.0.0`);
  });
}
