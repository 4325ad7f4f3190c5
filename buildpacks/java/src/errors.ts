import { joinNames, TspackError } from '../../../src/sdk/index.ts';

// Every word that a user reads when something is wrong is in this file: first what happened and where, then what to do.

export function pomInvalid(file: string, line: number | undefined, problem: string): TspackError {
  return new TspackError({
    code: 'JAVA_POM_INVALID',
    message: `Cannot use ${file}${line === undefined ? '' : `:${line}`}: ${problem}`,
    nextStep: `Correct ${file}; \`mvn validate\` checks it.`,
  });
}

export function pomMissing(): TspackError {
  return new TspackError({
    code: 'JAVA_POM_INVALID',
    message: 'Cannot build with Maven: there is mvnw but no pom.xml',
    nextStep: 'Add pom.xml, or name the folder that has it with --path.',
  });
}

export function versionNotUnderstood(text: string, source: string): TspackError {
  return new TspackError({
    code: 'JAVA_VERSION_INVALID',
    message: `Cannot choose a version of Java: "${text}" in ${source} is none`,
    nextStep: `Write a version such as 21 in ${source}.`,
  });
}

export function moduleUnknown(name: string, setting: string, modules: readonly string[]): TspackError {
  return new TspackError({
    code: 'JAVA_MODULE_UNKNOWN',
    message: `Cannot build the module "${name}" of ${setting}: there is no ${name}/pom.xml${modules.length === 0 ? '' : `; the modules are ${joinNames(modules)}`}`,
    nextStep: `Set ${setting} to the folder of a module.`,
  });
}

export function trustStoreEmpty(places: readonly string[]): TspackError {
  return new TspackError({
    code: 'JAVA_CERTIFICATES_MISSING',
    message: `Cannot make Java's trust store: the build image has no certificates in ${places.join(' or ')}`,
    nextStep: 'Use a builder whose build image has the package ca-certificates.',
  });
}

export function archiveNotFound(url: string): TspackError {
  return new TspackError({
    code: 'JAVA_DOWNLOAD_UNVERIFIABLE',
    message: `Cannot use ${url}: no checksum is known for it`,
    nextStep: 'Write distributionSha256Sum beside distributionUrl.',
  });
}

export function repositoryUnknown(): TspackError {
  return new TspackError({
    code: 'JAVA_REPOSITORY_UNKNOWN',
    message: "Cannot tell where Maven's central repository is: Maven's own super POM does not name it",
    nextStep: 'Set TSPACK_MAVEN_MIRROR to the address of a repository.',
  });
}

/** `tail` is the end of the tool's output, which the user has seen. */
export function mavenFailed(tail: string, exit: string, command: string): TspackError {
  const unauthorized = /(?:status(?: code)?:? ?(?:401|403)|Not authorized|Unauthorized|Forbidden)[^\n]*/i.exec(tail);
  if (unauthorized !== null) {
    return new TspackError({
      code: 'MAVEN_UNAUTHORIZED',
      message: `Cannot build with Maven: a repository refused to answer${repositoryOf(tail)} (${unauthorized[0].trim()})`,
      nextStep: 'Give a binding of type maven with a settings.xml that has the credentials of this repository.',
    });
  }
  if (/COMPILATION ERROR|Compilation failure/.test(tail)) {
    const place = /^\[ERROR\] ([^\n]+?\.(?:java|kt|scala|groovy)):\[(\d+)/m.exec(tail);
    const where = place === null ? '' : ` (first at ${place[1]!.replace(/^.*?\/workspace\//, '')}:${place[2]})`;
    return new TspackError({
      code: 'JAVA_COMPILATION_FAILED',
      message: `Cannot build with Maven: the compiler found errors${where}; the command was \`${command}\``,
      nextStep: 'Correct the source; `mvn compile` shows the same errors.',
    });
  }
  if (/offline mode|Cannot access [^\n]* in offline/i.test(tail)) {
    return new TspackError({
      code: 'MAVEN_OFFLINE',
      message: 'Cannot build with Maven: something that it needs is not in the cache, and TSPACK_OFFLINE is set',
      nextStep: 'Build once with the network to fill the cache, or unset TSPACK_OFFLINE.',
    });
  }
  if (/Unknown host|UnknownHostException|Connection refused|Connect to .* failed|timed out|No route to host|PKIX path building failed/i.test(tail)) {
    const why = /PKIX path building failed/.test(tail) ? 'its certificate is not trusted' : 'it cannot be reached';
    return new TspackError({
      code: 'MAVEN_UNREACHABLE',
      message: `Cannot build with Maven: a repository did not answer${repositoryOf(tail)}, because ${why}`,
      nextStep: 'Check network, proxy and certificates, or name a mirror in TSPACK_MAVEN_MIRROR.',
    });
  }
  const missing = /(?:Could not find artifact|Could not resolve dependencies|Failure to find) [^\n]*/.exec(tail);
  if (missing !== null) {
    return new TspackError({
      code: 'MAVEN_ARTIFACT_MISSING',
      message: `Cannot build with Maven: ${missing[0].trim().slice(0, 300)}`,
      nextStep: 'Correct the dependency in pom.xml, or add the repository that has it.',
    });
  }
  const first = /^\[ERROR\] (.+)$/m.exec(tail);
  return new TspackError({
    code: 'MAVEN_FAILED',
    message: `Cannot build with Maven: ${exit}${first === null ? '' : `: ${first[1]!.trim().slice(0, 300)}`}; the command was \`${command}\``,
    nextStep: 'Run the same command in the source folder to see the error there.',
  });
}

function repositoryOf(tail: string): string {
  const match = /(?:from\/to|from|in) ([\w.-]+) \((https?:\/\/[^)\s]+)\)/.exec(tail);
  return match === null ? '' : `: ${match[1]} at ${match[2]}`;
}

export function gradleFailed(tail: string, exit: string, command: string): TspackError {
  if (/Compilation failed|compiler error output/.test(tail)) {
    return new TspackError({
      code: 'JAVA_COMPILATION_FAILED',
      message: `Cannot build with Gradle: the compiler found errors; the command was \`${command}\``,
      nextStep: 'Correct the source; `gradle classes` shows the same errors.',
    });
  }
  if (/status code 40[13]|Unauthorized|Forbidden/.test(tail)) {
    return new TspackError({
      code: 'GRADLE_UNAUTHORIZED',
      message: 'Cannot build with Gradle: a repository refused to answer',
      nextStep: 'Give a binding of type gradle with a gradle.properties that has the credentials of this repository.',
    });
  }
  const what = /\* What went wrong:\n([^\n]+)/.exec(tail);
  return new TspackError({
    code: 'GRADLE_FAILED',
    message: `Cannot build with Gradle: ${exit}${what === null ? '' : `: ${what[1]!.trim().slice(0, 300)}`}; the command was \`${command}\``,
    nextStep: 'Run the same command in the source folder to see the error there.',
  });
}

export function gradleUnavailable(reason: string, cause?: unknown): TspackError {
  return new TspackError({
    code: 'GRADLE_UNAVAILABLE',
    message: `Cannot build with Gradle: ${reason}`,
    nextStep:
      'Commit the Gradle wrapper (`gradle wrapper`), and name a mirror of its distribution with TSPACK_MIRROR_<HOST> where its own place cannot be reached.',
    cause,
  });
}

export function gradleWrapperInvalid(problem: string): TspackError {
  return new TspackError({
    code: 'GRADLE_WRAPPER_INVALID',
    message: `Cannot use gradle/wrapper/gradle-wrapper.properties: ${problem}`,
    nextStep: 'Run `gradle wrapper` and commit the file.',
  });
}

export function artifactMissing(patterns: readonly string[], found: readonly string[]): TspackError {
  const seen = found.length === 0 ? 'the build made no jar or war' : `the build made ${joinNames(found)}`;
  return new TspackError({
    code: 'JAVA_ARTIFACT_MISSING',
    message: `Cannot find what to run: ${seen}, and nothing that fits ${joinNames(patterns)} can be started`,
    nextStep:
      'Set BP_MAVEN_BUILT_ARTIFACT (BP_GRADLE_BUILT_ARTIFACT) to the jar or war, or BP_MAVEN_BUILT_MODULE (BP_GRADLE_BUILT_MODULE) to the module that makes it.',
  });
}

export function artifactAmbiguous(candidates: readonly string[]): TspackError {
  return new TspackError({
    code: 'JAVA_ARTIFACT_AMBIGUOUS',
    message: `Cannot tell what to run: ${joinNames(candidates)} can all be started`,
    nextStep: 'Set BP_MAVEN_BUILT_MODULE (BP_GRADLE_BUILT_MODULE) to the module to run, or BP_MAVEN_BUILT_ARTIFACT (BP_GRADLE_BUILT_ARTIFACT) to the file.',
  });
}

export function mainClassMissing(file: string): TspackError {
  return new TspackError({
    code: 'JAVA_MAIN_CLASS_MISSING',
    message: `Cannot start ${file}: its manifest names no Main-Class, and none of its classes has a main method`,
    nextStep: 'Configure mainClass in the build, set BP_JAVA_MAIN_CLASS, or add a Procfile with a web process.',
  });
}

export function mainClassAmbiguous(file: string, names: readonly string[]): TspackError {
  return new TspackError({
    code: 'JAVA_MAIN_CLASS_AMBIGUOUS',
    message: `Cannot start ${file}: ${joinNames(names.slice(0, 5))}${names.length > 5 ? ` and ${names.length - 5} more` : ''} have main methods`,
    nextStep: 'Set BP_JAVA_MAIN_CLASS to one of them, or configure mainClass in the build.',
  });
}

export function jlinkFailed(step: string, exit: string): TspackError {
  return new TspackError({
    code: 'JAVA_JLINK_FAILED',
    message: `Cannot cut the runtime to the application: ${step} ended with ${exit}`,
    nextStep: 'Correct BP_JVM_JLINK_ARGS, or unset BP_JVM_JLINK_ENABLED.',
  });
}

export function toolFailed(what: string, exit: string): TspackError {
  return new TspackError({
    code: 'JAVA_TOOL_FAILED',
    message: `Cannot ${what}: the command ended with ${exit}`,
    nextStep: 'Look at its output above.',
  });
}
