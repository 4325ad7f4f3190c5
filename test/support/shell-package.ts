import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/foundation/index.ts';

/**
 * An installation of tspack in `directory` whose only buildpack, `tests/shell`, runs the scripts `detect.sh` and
 * `build.sh` of the application: what buildpacks of others may do, done through the whole of the command.
 */
export function installShellPackage(directory: string): string {
  for (const part of ['dist', 'builders', 'launcher', 'package.json']) cpSync(join(packageRoot(), part), join(directory, part), { recursive: true });
  cpSync(join(packageRoot(), 'node_modules/openpgp'), join(directory, 'node_modules/openpgp'), { recursive: true });
  const buildpack = join(directory, 'dist/buildpacks/nodejs');
  rmSync(buildpack, { recursive: true });
  mkdirSync(join(buildpack, 'bin'), { recursive: true });
  writeFileSync(join(buildpack, 'buildpack.toml'), 'api = "0.12"\n[buildpack]\nid = "tests/shell"\nversion = "1"\n[[targets]]\nos = "linux"\n');
  writeFileSync(join(buildpack, 'bin/detect'), '#!/bin/sh\nif [ -f detect.sh ]; then . ./detect.sh; fi\n');
  writeFileSync(join(buildpack, 'bin/build'), '#!/bin/bash\n. ./build.sh\n');
  for (const name of ['detect', 'build']) chmodSync(join(buildpack, 'bin', name), 0o755);
  return directory;
}
