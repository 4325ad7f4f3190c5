import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A copy of an application that changes on demand. */
export interface Application {
  readonly name: string;
  readonly directory: string;
  /** Adds a line to a source file. */
  changeLine(): void;
  /** Adds a package, or takes it away again, so that the packages must be installed anew. */
  changeLockfile(): void;
}

const SOURCE_FILES = ['app.js', 'server.js', 'src/app/page.tsx', 'index.js'];
/** Small and without dependencies. */
const ADDED_PACKAGE = 'isarray@2.0.5';

export function copyApplication(name: string, source: string, directory: string): Application {
  cpSync(source, directory, { recursive: true });
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(path, 0o755);
    else if (entry.isFile()) chmodSync(path, 0o644);
  }
  const sourceFile = SOURCE_FILES.map((file) => join(directory, file)).find((file) => existsSync(file));
  if (sourceFile === undefined) throw new Error(`Cannot change a line of ${name}: none of ${SOURCE_FILES.join(', ')} is there`);
  const files = ['package.json', 'package-lock.json'].map((file) => join(directory, file));
  const read = () => files.map((file) => readFileSync(file, 'utf8'));
  const [without, withPackage] = bothLockfiles(directory, read);
  let changes = 0;
  let lock = without;
  files.forEach((file, index) => writeFileSync(file, without[index]!));
  return {
    name,
    directory,
    changeLine: () => appendFileSync(sourceFile, `// change ${(changes += 1)}\n`),
    changeLockfile() {
      lock = lock === without ? withPackage : without;
      files.forEach((file, index) => writeFileSync(file, lock[index]!));
    },
  };
}

function bothLockfiles(directory: string, read: () => readonly string[]): readonly [readonly string[], readonly string[]] {
  const without = read();
  execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund', ADDED_PACKAGE], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return [without, read()];
}
