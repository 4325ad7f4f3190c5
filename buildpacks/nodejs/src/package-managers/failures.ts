import { TspackError } from '../../../../src/sdk/index.ts';

/** What the output of a package manager says when an installation fails. */
export interface FailurePatterns {
  readonly outOfStep: RegExp;
  readonly unauthorized: RegExp;
  /** Its first group names the problem. */
  readonly unreachable: RegExp;
  readonly integrity: RegExp;
  /** How its own lines of a failure begin. */
  readonly marker: string;
  /** What brings the lockfile up to date. */
  readonly update: string;
  readonly lockfile: string;
}

/** An installation that failed, told by what the package manager printed. */
export function installFailed(name: string, action: string, exit: string, tail: string, patterns: FailurePatterns): TspackError {
  const failed = `Cannot ${action}: ${name} ended with ${exit}`;
  const unreachable = patterns.unreachable.exec(tail)?.[1];
  if (patterns.outOfStep.test(tail))
    return new TspackError({
      code: 'NODE_LOCKFILE_OUT_OF_STEP',
      message: `${failed}, because ${patterns.lockfile} does not match package.json`,
      nextStep: `Run \`${patterns.update}\` and commit ${patterns.lockfile}.`,
    });
  if (tail.includes('gyp ERR!'))
    return new TspackError({
      code: 'NODE_NATIVE_MODULE_FAILED',
      message: `${failed}, because a native module did not compile`,
      nextStep: 'Read the lines with "gyp ERR!" above; a version of the module that supports this Node.js often helps.',
    });
  if (patterns.unauthorized.test(tail))
    return new TspackError({
      code: 'NODE_REGISTRY_UNAUTHORIZED',
      message: `${failed}, because the registry refused the request`,
      nextStep: 'Give the registry\'s credentials as a service binding of type "npmrc" with a file ".npmrc".',
    });
  if (patterns.integrity.test(tail))
    return new TspackError({
      code: 'NODE_PACKAGE_INTEGRITY',
      message: `${failed}, because a package differs from the integrity value in ${patterns.lockfile}`,
      nextStep: 'Find out who changed the package; if the change is known to be right, remake the lockfile.',
    });
  if (unreachable !== undefined)
    return new TspackError({
      code: 'NODE_REGISTRY_UNREACHABLE',
      message: `${failed}, because the registry could not be reached (${unreachable})`,
      nextStep: 'Check network, proxy variables, CA certificates and the registry address.',
    });
  return new TspackError({ code: 'NODE_INSTALL_FAILED', message: failed, nextStep: `Read the lines with "${patterns.marker}" above.` });
}
