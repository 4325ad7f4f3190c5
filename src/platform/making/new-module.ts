import { existsSync } from 'node:fs';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { formatApiVersion, formatNewModule, parseBuildpackId, parseTargetText, requireBuildpackApi } from '../../cnb/index.ts';
import { TspackError, writeFileAtomic } from '../../foundation/index.ts';
import type { ImagePlatform } from '../../oci/index.ts';
import type { NewModuleOptions } from './api.ts';

const detectScript = (kind: NewModuleOptions['kind']) => `#!/usr/bin/env bash
# Decides whether the ${kind} takes part: exit 0 to take part, 100 to leave it to others.
# The working directory is the application.

exit 0
`;

const BUILD = `#!/usr/bin/env bash
# Makes layers below "$layers_dir"; the working directory is the application.

set -euo pipefail

layers_dir="$1"
platform_dir="$2"
plan_path="$3"

exit 0
`;

const GENERATE = `#!/usr/bin/env bash
# May write build.Dockerfile and run.Dockerfile to "$output_dir"; they extend the build image and the run image.

set -euo pipefail

output_dir="\${CNB_OUTPUT_DIR:-$1}"

exit 0
`;

/**
 * A new buildpack or extension of shell scripts that takes part and does nothing. Returns the files, relative to the folder.
 * Throws `MODULE_FOLDER_EXISTS`, `BUILDPACK_ID_INVALID`, `BUILDPACK_API_UNSUPPORTED`, `TARGET_INVALID`, `VERSION_INVALID`.
 */
export function newModule(options: NewModuleOptions, host: ImagePlatform): readonly string[] {
  const { kind, path, version } = options;
  const id = parseBuildpackId(options.id);
  const api = formatApiVersion(requireBuildpackApi(options.api, `${id}@${version}`));
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    throw new TspackError({
      code: 'VERSION_INVALID',
      message: `Cannot use "${version}" as the version of ${kind} "${id}": want <x>.<y>.<z>`,
      nextStep: 'Write --version 1.0.0',
    });
  }
  const targets = options.targets.length > 0 ? options.targets.map(parseTargetText) : [{ os: host.os, arch: host.architecture, distros: [] }];
  if (existsSync(path)) {
    throw new TspackError({
      code: 'MODULE_FOLDER_EXISTS',
      message: `Cannot make ${kind} "${id}": directory ${path} exists`,
      nextStep: 'Name another folder with --path',
    });
  }
  const files: readonly (readonly [string, string, number])[] = [
    [`${kind}.toml`, formatNewModule({ kind, id, version, api, targets }), 0o644],
    [kind === 'buildpack' ? 'bin/build' : 'bin/generate', kind === 'buildpack' ? BUILD : GENERATE, 0o755],
    ['bin/detect', detectScript(kind), 0o755],
  ];
  for (const [name, text, mode] of files) {
    const file = join(path, name);
    writeFileAtomic(file, text, mode);
    // Opening a file is subject to the umask.
    chmodSync(file, mode);
  }
  return files.map(([name]) => name);
}
