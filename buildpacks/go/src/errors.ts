import { exitText, joinNames, TspackError, type CommandResult } from '../../../src/sdk/index.ts';

// Every word that a user reads when something is wrong is in this file: first what happened and where, then what to do.

export function moduleMissing(): TspackError {
  return new TspackError({
    code: 'GO_MODULE_MISSING',
    message: 'Cannot build: there are Go files, but neither go.mod nor go.work',
    nextStep: 'Run `go mod init <module path>` and `go mod tidy`, and commit go.mod and go.sum.',
  });
}

export function moduleFileInvalid(place: string, problem: string): TspackError {
  return new TspackError({ code: 'GO_MOD_INVALID', message: `Cannot read ${place}: ${problem}`, nextStep: `Correct ${place.split(':')[0]!}.` });
}

export function settingInvalid(variable: string, text: string, problem: string): TspackError {
  return new TspackError({ code: 'GO_SETTING_INVALID', message: `Cannot use ${variable} "${text}": ${problem}`, nextStep: `Correct ${variable}.` });
}

export function versionInvalid(text: string, source: string): TspackError {
  return new TspackError({
    code: 'GO_VERSION_INVALID',
    message: `Cannot choose a Go version: "${text}" in ${source} is neither a version nor a range`,
    nextStep: `Write a version such as "1.26" or "1.26.1" in ${source}.`,
  });
}

export function versionsUnknown(result: CommandResult): TspackError {
  const reason = proxyProblem(result.tail);
  return new TspackError({
    code: reason?.code ?? 'GO_VERSIONS_UNKNOWN',
    message: `Cannot learn which Go versions there are: ${reason?.message ?? lastLine(result.tail)}`,
    nextStep: reason?.nextStep ?? 'Check GOPROXY and the network; an exact BP_GO_VERSION that the cache holds needs neither.',
  });
}

export function toolchainFailed(version: string, result: CommandResult): TspackError {
  const reason = proxyProblem(result.tail);
  return new TspackError({
    code: reason?.code ?? 'GO_TOOLCHAIN_FAILED',
    message: `Cannot install Go ${version}: ${reason?.message ?? lastLine(result.tail)}`,
    nextStep: reason?.nextStep ?? 'Read what go printed above; another BP_GO_VERSION may help.',
  });
}

export function mainMissing(patterns: readonly string[], packages: number, skipped: readonly string[]): TspackError {
  const looked = `${packages === 1 ? 'one package' : `${packages} packages`} in ${joinNames(patterns)}, and none is "package main"`;
  const more = skipped.length > 3 ? ` and ${skipped.length - 3} more` : '';
  return new TspackError({
    code: 'GO_MAIN_MISSING',
    message:
      skipped.length === 0
        ? `Cannot find a program to build: looked at ${looked}`
        : `Cannot find a program to build: looked at ${looked}; folders whose names start with "_" or ".", testdata and other modules were not looked at, and ${skipped.slice(0, 3).join(', ')}${more} ${skipped.length === 1 ? 'holds one' : 'hold one each'}`,
    nextStep: `Name the folder of the program, such as BP_GO_TARGETS=${skipped[0] ?? './cmd/server'}.`,
  });
}

export function targetIsNoProgram(target: string, importPath: string, name: string): TspackError {
  return new TspackError({
    code: 'GO_TARGET_INVALID',
    message: `Cannot build "${target}" of BP_GO_TARGETS: ${importPath} is "package ${name}", a library`,
    nextStep: 'Name folders that hold a "package main".',
  });
}

export function programsOfOneName(name: string, paths: readonly string[]): TspackError {
  return new TspackError({
    code: 'GO_TARGET_INVALID',
    message: `Cannot build: ${joinNames(paths)} would all be named "${name}"`,
    nextStep: 'Set BP_GO_TARGETS to one of them.',
  });
}

/** An error of `go`, named by what its output tells. The output itself has been shown. */
export function goFailed(action: string, args: readonly string[], result: CommandResult): TspackError {
  const { tail } = result;
  const failed = `Cannot ${action}: \`go ${args[0]!}\` ended with ${exitText(result)}`;
  const invalid = /^(?:\s*)((?:\/\S*\/)?(go\.(?:mod|work|sum)):\d+)(?::\d+)?: (.*)/m.exec(tail);
  if (invalid !== null) return moduleFileInvalid(invalid[1]!.replace(/^.*\//, ''), invalid[3]!);
  const tooOld = /requires go >= (\S+) \(running go (\S+?);/.exec(tail);
  if (tooOld !== null)
    return new TspackError({
      code: 'GO_VERSION_TOO_OLD',
      message: `${failed}, because a module requires Go ${tooOld[1]!} and this build uses ${tooOld[2]!}`,
      nextStep: 'Ask for a newer version in BP_GO_VERSION, .go-version or the toolchain line of go.mod.',
    });
  if (/missing go\.sum entry|updates to go\.(?:mod|work) needed|go\.mod file indicates|no required module provides package/.test(tail))
    return new TspackError({
      code: 'GO_MODULES_OUT_OF_STEP',
      message: `${failed}, because go.mod and go.sum do not hold all that the packages import`,
      nextStep: 'Run `go mod tidy` and commit go.mod and go.sum.',
    });
  if (tail.includes('inconsistent vendoring'))
    return new TspackError({
      code: 'GO_MODULES_OUT_OF_STEP',
      message: `${failed}, because vendor/modules.txt does not match go.mod`,
      nextStep: 'Run `go mod vendor` and commit the vendor folder, or remove it.',
    });
  const reason = proxyProblem(tail);
  if (reason !== undefined) return new TspackError({ code: reason.code, message: `${failed}, because ${reason.message}`, nextStep: reason.nextStep });
  const place = /^(\S+\.go:\d+(?::\d+)?): /m.exec(tail)?.[1];
  return new TspackError({
    code: 'GO_BUILD_FAILED',
    message: `${failed}${place === undefined ? '' : `; the first error is at ${place}`}`,
    nextStep: 'Read what go printed above, and correct the code until `go build` succeeds.',
  });
}

/** What went wrong between `go` and the places that modules come from. */
function proxyProblem(tail: string): { readonly code: string; readonly message: string; readonly nextStep: string } | undefined {
  const module = /(\S+@v[^\s:]+)(?=: )/.exec(tail)?.[1] ?? 'a module';
  if (/checksum mismatch|SECURITY ERROR/.test(tail))
    return {
      code: 'GO_CHECKSUM_MISMATCH',
      message: `${module} differs from what go.sum or the checksum database says`,
      nextStep: 'Find out who changed it; if the change is known to be right, remove its lines from go.sum and run `go mod tidy`.',
    };
  if (/module lookup disabled by GOPROXY=off/.test(tail))
    return {
      code: 'GO_OFFLINE',
      message: `${module} is not in the cache, and GOPROXY is "off"`,
      nextStep: 'Build once with the network to fill the cache, or commit a vendor folder.',
    };
  if (
    /(?:40[137]) (?:Unauthorized|Forbidden|Proxy)|terminal prompts disabled|could not read Username|Permission denied \(publickey|Host key verification/.test(
      tail,
    )
  )
    return {
      code: 'GO_MODULE_UNAUTHORIZED',
      message: `the place that ${module} comes from wants credentials`,
      nextStep: 'Give them as a service binding of type "netrc" with a file ".netrc", and set GOPRIVATE to the paths of private modules.',
    };
  if (/no such host|connection refused|i\/o timeout|network is unreachable|certificate signed by unknown|TLS handshake/.test(tail))
    return {
      code: 'GO_PROXY_UNREACHABLE',
      message: `a server cannot be reached (${/(?:dial tcp[^\n]*|x509: [^\n]*|[^\n:]*(?:timeout|TLS handshake)[^\n]*)/.exec(tail)?.[0].trim() ?? 'network'})`,
      nextStep: 'Check network, proxy variables, CA certificates and GOPROXY.',
    };
  if (/\b(?:404 Not Found|410 Gone)\b|unknown revision|invalid version/.test(tail))
    return {
      code: 'GO_MODULE_NOT_FOUND',
      message: `there is no ${module} where GOPROXY points to`,
      nextStep: 'Correct the version in go.mod; for a private module set GOPRIVATE and give a binding of type "netrc".',
    };
  return undefined;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
