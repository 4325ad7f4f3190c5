import { joinNames, TspackError } from '../../../src/sdk/index.ts';

// Every word that a user reads when something is wrong is in this file: first what happened and where, then what to do.

export function manifestNotAnObject(): TspackError {
  return new TspackError({
    code: 'NODE_MANIFEST_INVALID',
    message: 'Cannot use package.json: want one JSON object',
    nextStep: 'Correct package.json; `npm init` makes a new one.',
  });
}

export function manifestNotAFile(): TspackError {
  return new TspackError({
    code: 'NODE_MANIFEST_INVALID',
    message: 'Cannot use package.json: it is not a file',
    nextStep: 'Give the folder or device another name; `npm init` makes a package.json.',
  });
}

export function lockfileInvalid(file: string, problem: string): TspackError {
  return new TspackError({
    code: 'NODE_LOCKFILE_INVALID',
    message: `Cannot use ${file}: ${problem}`,
    nextStep: `Run \`npm install --package-lock-only\` and commit ${file}.`,
  });
}

export function lockfileOutOfStep(file: string, differences: readonly string[]): TspackError {
  const shown = differences.slice(0, 5);
  const more = differences.length > shown.length ? ` and ${differences.length - shown.length} more` : '';
  return new TspackError({
    code: 'NODE_LOCKFILE_OUT_OF_STEP',
    message: `Cannot install: ${file} does not match package.json: ${shown.join('; ')}${more}`,
    nextStep: `Run \`npm install\` and commit ${file}.`,
  });
}

export function versionNotUnderstood(text: string, source: string): TspackError {
  return new TspackError({
    code: 'NODE_VERSION_INVALID',
    message: `Cannot choose a Node.js version: "${text}" in ${source} is neither a version nor a range`,
    nextStep: `Write a version such as "24.x" or "lts/*" in ${source}.`,
  });
}

export function versionUnsatisfiable(text: string, source: string, nearest: readonly string[]): TspackError {
  return new TspackError({
    code: 'NODE_VERSION_UNSATISFIABLE',
    message: `Cannot find a Node.js version for "${text}" in ${source}: ${nearest.length === 0 ? 'the registry offers none' : `the nearest that the registry offers are ${joinNames(nearest)}`}`,
    nextStep: `Change ${source} to a range that one of them satisfies.`,
  });
}

export function npmUnsatisfiable(text: string, source: string, node: string, nearest: readonly string[]): TspackError {
  return new TspackError({
    code: 'NPM_VERSION_UNSATISFIABLE',
    message: `Cannot find an npm version for "${text}" in ${source}${nearest.length === 0 ? ` that runs on Node.js ${node}` : `: the nearest that the registry offers are ${joinNames(nearest)}`}`,
    nextStep: `Change or remove the npm version in ${source}.`,
  });
}

export function otherPackageManager(name: string): TspackError {
  return new TspackError({
    code: 'NODE_PACKAGE_MANAGER_UNSUPPORTED',
    message: `Cannot install: "packageManager" in package.json asks for ${name}, which this buildpack does not have`,
    nextStep: 'Remove "packageManager" and commit a package-lock.json made by `npm install`, or use a buildpack for it.',
  });
}

export function registryHasNoPackage(name: string, problem: string): TspackError {
  return new TspackError({
    code: 'NODE_REGISTRY_ANSWER_INVALID',
    message: `Cannot read the versions of "${name}" from the npm registry: ${problem}`,
    nextStep: 'Check that the registry of your npm settings serves this package.',
  });
}

export function noIntegrity(name: string, version: string): TspackError {
  return new TspackError({
    code: 'NODE_REGISTRY_NO_INTEGRITY',
    message: `Cannot install ${name} ${version}: the registry gives no sha512 integrity value to check it by`,
    nextStep: 'Choose another version, or a registry that passes integrity values on.',
  });
}

export function npmFailed(action: string, exit: string, tail: string): TspackError {
  const outOfStep = /npm (?:error|ERR!) (?:code EUSAGE|`npm ci` can only install)/.test(tail) && tail.includes('in sync');
  const nativeFailed = tail.includes('gyp ERR!');
  const unauthorised = /code E40[13]\b/.test(tail);
  const unreachable = /code (?:ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+)/.exec(tail)?.[0].slice(5);
  const integrity = /code EINTEGRITY/.test(tail);
  const failed = `Cannot ${action}: npm ended with ${exit}`;
  if (outOfStep)
    return new TspackError({
      code: 'NODE_LOCKFILE_OUT_OF_STEP',
      message: `${failed}, because the lockfile does not match package.json`,
      nextStep: 'Run `npm install` and commit package-lock.json.',
    });
  if (nativeFailed)
    return new TspackError({
      code: 'NODE_NATIVE_MODULE_FAILED',
      message: `${failed}, because a native module did not compile`,
      nextStep: 'Read the lines with "gyp ERR!" above; a version of the module that supports this Node.js often helps.',
    });
  if (unauthorised)
    return new TspackError({
      code: 'NPM_UNAUTHORIZED',
      message: `${failed}, because the registry refused the request`,
      nextStep: 'Give the registry\'s credentials as a service binding of type "npmrc" with a file ".npmrc".',
    });
  if (integrity)
    return new TspackError({
      code: 'NPM_INTEGRITY',
      message: `${failed}, because a package differs from the integrity value in the lockfile`,
      nextStep: 'Find out who changed the package; if the change is known to be right, remake the lockfile.',
    });
  if (unreachable !== undefined)
    return new TspackError({
      code: 'NPM_UNREACHABLE',
      message: `${failed}, because the registry could not be reached (${unreachable})`,
      nextStep: 'Check network, proxy variables, CA certificates and the registry address.',
    });
  return new TspackError({ code: 'NPM_FAILED', message: failed, nextStep: 'Read the lines with "npm error" above.' });
}

export function buildScriptFailed(script: string, exit: string, tail: string): TspackError {
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
    nextStep: `Make \`npm run ${script}\` work in a fresh checkout first.`,
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

export function procfileInvalid(line: number, text: string): TspackError {
  return new TspackError({
    code: 'NODE_PROCFILE_INVALID',
    message: `Cannot read Procfile:${line}: "${text}" is not "name: command"`,
    nextStep: 'Write one process per line, such as "web: node server.js".',
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
