import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { VersionRequest } from '../java-version.ts';

const SCRIPTS = ['build.gradle', 'build.gradle.kts'];

/** The build scripts of the root and of a module, those of the module first, by their path in the application. */
function readScripts(applicationDirectory: string, module: string | undefined): readonly { readonly file: string; readonly text: string }[] {
  return [...(module === undefined ? [] : [module]), '.'].flatMap((folder) =>
    SCRIPTS.map((name) => posix.join(folder, name))
      .filter((file) => existsSync(join(applicationDirectory, file)))
      .map((file) => ({ file, text: readFileSync(join(applicationDirectory, file), 'utf8') })),
  );
}

const REQUESTS: readonly (readonly [RegExp, string, VersionRequest['kind']])[] = [
  [/languageVersion\s*(?:=|\.set\(|\()\s*JavaLanguageVersion\.of\(\s*['"]?(\d+)/, 'toolchain', 'version'],
  [/jvmToolchain\s*\(?\s*(\d+)/, 'jvmToolchain', 'version'],
  [/\brelease\s*(?:=|\.set\()\s*(\d+)/, 'release', 'target'],
  [/targetCompatibility\s*=?\s*(?:JavaVersion\.(?:VERSION_|toVersion\()?)?['"]?([\d._]+)/, 'targetCompatibility', 'target'],
  [/sourceCompatibility\s*=?\s*(?:JavaVersion\.(?:VERSION_|toVersion\()?)?['"]?([\d._]+)/, 'sourceCompatibility', 'target'],
];

/** What build scripts ask for, in the forms that they usually have. A script is a program: what it computes is not seen. */
export function gradleVersionRequests(applicationDirectory: string, module: string | undefined): readonly VersionRequest[] {
  return readScripts(applicationDirectory, module).flatMap(({ file, text }) =>
    REQUESTS.flatMap(([pattern, what, kind]) => {
      const match = pattern.exec(text);
      if (match === null) return [];
      const line = text.slice(0, match.index).split('\n').length;
      return [{ text: match[1]!.replaceAll('_', '.'), source: `${file}:${line} ${what}`, kind }];
    }),
  );
}

/** The main class that a script names for its start tasks. */
export function gradleMainClass(applicationDirectory: string, module: string | undefined): string | undefined {
  const pattern = /\bmainClass(?:Name)?\s*(?:=|\.set\()\s*['"]([\w.$]+)['"]/;
  return readScripts(applicationDirectory, module)
    .map(({ text }) => pattern.exec(text)?.[1])
    .find((name) => name !== undefined);
}

/** Whether a script uses the plugin `application`, which has a task that installs what is to be run. */
export function usesApplicationPlugin(applicationDirectory: string, module: string | undefined): boolean {
  const [nearest] = readScripts(applicationDirectory, module);
  return (
    nearest !== undefined && /^\s*(?:id\s*\(?\s*['"]application['"]|application\s*$|`application`|apply plugin:\s*['"]application['"])/m.test(nearest.text)
  );
}
