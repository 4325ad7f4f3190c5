import { joinNames, nearestNames, TspackError } from '../../../src/sdk/index.ts';

// Every word that a user reads when something is wrong is in this file: first what happened and where, then what to do.

export function manifestNotAnObject(file: string): TspackError {
  return new TspackError({
    code: 'NODE_MANIFEST_INVALID',
    message: `Cannot use ${file}: want one JSON object`,
    nextStep: `Correct ${file}; \`npm init\` makes a new one.`,
  });
}

export function manifestNotAFile(file: string): TspackError {
  return new TspackError({
    code: 'NODE_MANIFEST_INVALID',
    message: `Cannot use ${file}: it is not a file`,
    nextStep: 'Give the folder or device another name; `npm init` makes a package.json.',
  });
}

export function lockfileInvalid(file: string, problem: string, update = 'npm install --package-lock-only'): TspackError {
  return new TspackError({
    code: 'NODE_LOCKFILE_INVALID',
    message: `Cannot use ${file}: ${problem}`,
    nextStep: `Run \`${update}\` and commit ${file}.`,
  });
}

export function lockfileOutOfStep(file: string, differences: readonly string[], update = 'npm install'): TspackError {
  const shown = differences.slice(0, 5);
  const more = differences.length > shown.length ? ` and ${differences.length - shown.length} more` : '';
  return new TspackError({
    code: 'NODE_LOCKFILE_OUT_OF_STEP',
    message: `Cannot install: ${file} does not match package.json: ${shown.join('; ')}${more}`,
    nextStep: `Run \`${update}\` and commit ${file}.`,
  });
}

export function appUnknown(part: string, members: readonly string[]): TspackError {
  const nearest = nearestNames(part, members, 4);
  const known = (nearest.length > 0 ? nearest : members).slice(0, 4);
  return new TspackError({
    code: 'NODE_APP_UNKNOWN',
    message: `Cannot build the part "${part}": it is no member of the workspace${known.length === 0 ? ', because package.json lists none' : `, which has ${joinNames(known)}`}`,
    nextStep: 'Give --app, or BP_APP, the folder of a member, and list it in "workspaces" of package.json or in pnpm-workspace.yaml.',
  });
}

export function versionNotUnderstood(text: string, source: string): TspackError {
  return new TspackError({
    code: 'NODE_VERSION_INVALID',
    message: `Cannot choose a Node.js version: "${text}" in ${source} is neither a version nor a range`,
    nextStep: `Write a version such as "24.x" or "lts/*" in ${source}.`,
  });
}

export function managerUnsatisfiable(name: string, text: string, source: string, node: string, nearest: readonly string[]): TspackError {
  return new TspackError({
    code: 'NODE_PACKAGE_MANAGER_UNSATISFIABLE',
    message: `Cannot find a version of ${name} for "${text}" in ${source}${nearest.length === 0 ? ` that runs on Node.js ${node}` : `: the nearest that the registry offers are ${joinNames(nearest)}`}`,
    nextStep: `Change or remove the version of ${name} in ${source}.`,
  });
}

export function managerUnsupported(name: string, source: string): TspackError {
  return new TspackError({
    code: 'NODE_PACKAGE_MANAGER_UNSUPPORTED',
    message: `Cannot install: ${source} asks for ${name}, which this buildpack does not have`,
    nextStep: 'Commit the lockfile of npm, yarn or pnpm instead, such as the package-lock.json that `npm install` makes, or use a buildpack for it.',
  });
}

export function managerHashDiffers(name: string, version: string, wanted: string, found: string): TspackError {
  return new TspackError({
    code: 'NODE_PACKAGE_MANAGER_HASH',
    message: `Cannot use ${name} ${version}: "packageManager" in package.json wants ${wanted}, and the registry's has ${found}`,
    nextStep: `Find out which is right; \`corepack use ${name}@${version}\` writes it anew.`,
  });
}

export function registryHasNoPackage(name: string, problem: string): TspackError {
  return new TspackError({
    code: 'NODE_REGISTRY_ANSWER_INVALID',
    message: `Cannot read the versions of "${name}" from the npm registry: ${problem}`,
    nextStep: 'Check that the registry of your npm settings serves this package.',
  });
}

export function nodejsOrgInvalid(problem: string): TspackError {
  return new TspackError({
    code: 'NODE_SOURCE_ANSWER_INVALID',
    message: `Cannot use what nodejs.org answers: ${problem}`,
    nextStep: 'Check the mirror that stands for nodejs.org, or leave nodejs.org out of TSPACK_NODEJS_SOURCES.',
  });
}

export function noIntegrity(name: string, version: string): TspackError {
  return new TspackError({
    code: 'NODE_REGISTRY_NO_INTEGRITY',
    message: `Cannot install ${name} ${version}: the registry gives no sha512 integrity value to check it by`,
    nextStep: 'Choose another version, or a registry that passes integrity values on.',
  });
}

export function copyFailed(from: string, exit: string): TspackError {
  return new TspackError({
    code: 'NODE_COPY_FAILED',
    message: `Cannot copy the packages of ${from}: cp ended with ${exit}`,
    nextStep: 'Check that the disk has room for a second copy of them.',
  });
}

export function buildScriptFailed(script: string, command: string, exit: string, tail: string): TspackError {
  const missing = /(?:sh: (?:\d+: |line \d+: )?)([A-Za-z0-9@/._-]+): (?:command )?not found/.exec(tail)?.[1];
  if (missing !== undefined) {
    return new TspackError({
      code: 'NODE_BUILD_SCRIPT_FAILED',
      message: `Cannot build the application: its "${script}" script runs "${missing}", which is not installed`,
      nextStep: `Add the package that has "${missing}" to devDependencies.`,
    });
  }
  if (/heap out of memory/.test(tail)) {
    return new TspackError({
      code: 'NODE_BUILD_SCRIPT_FAILED',
      message: `Cannot build the application: its "${script}" script ran out of memory`,
      nextStep: 'Set NODE_OPTIONS=--max-old-space-size=<MiB> for the build.',
    });
  }
  return new TspackError({
    code: 'NODE_BUILD_SCRIPT_FAILED',
    message: `Cannot build the application: its "${script}" script ended with ${exit}`,
    nextStep: `Make \`${command}\` work in a fresh checkout first.`,
  });
}

export function scriptUnknown(script: string, known: readonly string[]): TspackError {
  const [nearest] = nearestNames(script, known);
  return new TspackError({
    code: 'NODE_SCRIPT_UNKNOWN',
    message: `Cannot run the script "${script}" that BP_NODE_RUN_SCRIPTS names: package.json has ${known.length === 0 ? 'no scripts' : joinNames(known.slice(0, 8))}`,
    nextStep: nearest === undefined ? 'Name scripts of package.json, with commas between them.' : `Write ${nearest} in BP_NODE_RUN_SCRIPTS.`,
  });
}

export function outputMissing(generator: string, lookedFor: readonly string[]): TspackError {
  return new TspackError({
    code: 'NODE_STATIC_OUTPUT_MISSING',
    message: `Cannot serve the site: the build script of ${generator} made none of ${joinNames(lookedFor)}`,
    nextStep: 'Let the build script write to one of them, or add a "start" script that serves the site.',
  });
}

export function startMissing(lookedFor: readonly string[]): TspackError {
  return new TspackError({
    code: 'NODE_START_MISSING',
    message: `Cannot tell how to start the application: found none of ${joinNames(lookedFor)}`,
    nextStep: 'Add a "start" script to package.json, such as "node server.js", or a Procfile with a line "web: node server.js".',
  });
}

export function startNeedsDevDependency(script: string, program: string): TspackError {
  return new TspackError({
    code: 'NODE_START_NEEDS_DEV_DEPENDENCY',
    message: `Cannot start the application: its "${script}" script runs "${program}", which only devDependencies have, and there is no start:prod or start:production script`,
    nextStep: `Add a "start:prod" script that needs no devDependencies, or move the package of "${program}" to dependencies.`,
  });
}

export function architectureUnknown(architecture: string): TspackError {
  return new TspackError({
    code: 'NODE_ARCHITECTURE_UNSUPPORTED',
    message: `Cannot install Node.js for the architecture "${architecture}": want amd64 or arm64`,
    nextStep: 'Build for linux/amd64 or linux/arm64.',
  });
}

export function registryUnknown(): TspackError {
  return new TspackError({
    code: 'NODE_REGISTRY_UNKNOWN',
    message: 'Cannot tell which npm registry to use: npm_config_registry is not set, and the builder has no npm to ask',
    nextStep: 'Set npm_config_registry for the build.',
  });
}
