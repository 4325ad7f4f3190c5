import { TspackError } from '../../../src/sdk/index.ts';

/** A run of pip that failed. */
export interface FailedPip {
  /** What was tried, to follow "Cannot": `install the packages of requirements.txt`. */
  readonly action: string;
  /** `pip install`. */
  readonly command: string;
  /** `exit status 1`. */
  readonly exit: string;
  /** The end of its output. */
  readonly tail: string;
}

interface Cause {
  readonly pattern: RegExp;
  readonly code: string;
  /** Continues "..., because ". */
  readonly because: (match: RegExpExecArray) => string;
  readonly nextStep: (match: RegExpExecArray) => string;
}

/** What pip's words mean, the most telling first. */
const CAUSES: readonly Cause[] = [
  {
    pattern: /THESE PACKAGES DO NOT MATCH THE HASHES/,
    code: 'PIP_INTEGRITY',
    because: () => 'an archive differs from its hash',
    nextStep: () => 'Find out who changed the package; if the change is known to be right, remake the hashes.',
  },
  {
    pattern: /Hashes are required in --require-hashes mode|In --require-hashes mode, all requirements must have their versions pinned/,
    code: 'PIP_HASH_MISSING',
    because: () => 'some requirements have hashes and others do not',
    nextStep: () => 'Remake the file with a hash for every package (`pip-compile --generate-hashes`, `uv export`), or take all hashes out.',
  },
  {
    pattern: /\b(?:401 (?:Client )?Error|403 (?:Client )?Error|401,|403,|HTTP error 40[13]|User for \S+:)/,
    code: 'PIP_UNAUTHORIZED',
    because: () => 'the package index refused the request',
    nextStep: () => 'Give the credentials as a service binding of type "pip" with a file "pip.conf", or of type "netrc" with a file ".netrc".',
  },
  {
    pattern: /Package '([^']+)' requires a different Python: (\S+) not in '([^']+)'/,
    code: 'PIP_PYTHON_UNFIT',
    because: ([, name, version, wanted]) => `"${name!}" wants Python ${wanted!}, and this is ${version!}`,
    nextStep: ([, name]) => `Set BP_PYTHON_VERSION (or .python-version) to a version that "${name!}" has, or change the version of "${name!}".`,
  },
  {
    pattern: /ResolutionImpossible|conflicting dependencies|Cannot install ([^\n]*) because these package versions have conflicting/,
    code: 'PIP_CONFLICT',
    because: () => 'the requirements contradict each other',
    nextStep: () => 'Read "The conflict is caused by" above, and loosen one of the versions that it names.',
  },
  {
    pattern:
      /(?:NewConnectionError|ConnectTimeoutError|ReadTimeoutError|NameResolutionError|ProxyError|SSLError|Connection broken|ConnectionResetError|Connection refused|Temporary failure in name resolution)/,
    code: 'PIP_UNREACHABLE',
    because: ([problem]) => `the package index could not be reached (${problem})`,
    nextStep: () => 'Check network, proxy variables, CA certificates and the address of the index (PIP_INDEX_URL).',
  },
  {
    pattern: /\(from versions: none\)\n(?:.*\n)*?ERROR: No matching distribution found for ([^\n]+)/,
    code: 'PIP_NOT_FOUND',
    because: ([, requirement]) => `the index has nothing for "${requirement!.trim()}", or did not answer`,
    nextStep: () => 'Check the name, then network and address of the index (PIP_INDEX_URL).',
  },
  {
    pattern: /ERROR: No matching distribution found for ([^\n]+)/,
    code: 'PIP_NOT_FOUND',
    because: ([, requirement]) => `the index has no "${requirement!.trim()}" for this Python`,
    nextStep: () => 'Correct the name or version; "from versions" above lists what there is, and a version may exist for other versions of Python only.',
  },
  {
    pattern: /ERROR: (?:Invalid requirement|Invalid constraint)[^\n]*/,
    code: 'PIP_REQUIREMENT_INVALID',
    because: ([line]) => `of ${line.replace(/^ERROR: /, '').trim()}`,
    nextStep: () => 'Write requirements such as "flask>=3,<4".',
  },
  {
    pattern: /Cannot find command 'git'|git (?:clone|fetch) [^\n]*did not run successfully|fatal: (?:could not read|repository|Authentication)[^\n]*/,
    code: 'PIP_GIT_FAILED',
    because: () => 'a git repository that it names could not be fetched',
    nextStep: () => 'Check the address, and give the credentials of its host as a service binding of type "netrc".',
  },
  {
    pattern: /fatal error: ([^\s:]+): No such file or directory/,
    code: 'PIP_COMPILE_FAILED',
    because: ([, header]) => `a package has to be compiled, and the file "${header!}" is missing`,
    nextStep: ([, header]) =>
      `Name the Debian package with "${header!}" (its name often ends in -dev) in an Aptfile, or use a version of the package that has wheels.`,
  },
  {
    pattern: /(?:pg_config|mysql_config|pkg-config|cmake|rustc|cargo|Rust toolchain)[^\n]*(?:not found|is required|not installed|No such file)/i,
    code: 'PIP_COMPILE_FAILED',
    because: ([line]) => `a package has to be compiled, and a tool is missing ("${line.trim().slice(0, 100)}")`,
    nextStep: () => 'Name the Debian package with the tool in an Aptfile, or use a version of the package that has wheels.',
  },
  {
    pattern:
      /Failed (?:building wheel for|to build) ([^\s]+)|ERROR: Could not build wheels for ([^\s,]+)|Building wheel for ([^\s]+) [^\n]*did not run successfully/,
    code: 'PIP_COMPILE_FAILED',
    because: ([, a, b, c]) => `"${(a ?? b ?? c)!.replace(/['"]/g, '')}" could not be built`,
    nextStep: () => 'Read what its build printed above; a version of the package that has wheels for this Python often helps.',
  },
  {
    pattern:
      /(?:error: subprocess-exited-with-error|metadata-generation-failed|BackendUnavailable|Getting requirements to build wheel did not run successfully)/,
    code: 'PIP_COMPILE_FAILED',
    because: () => 'the build of a package failed',
    nextStep: () => 'Read what the build printed above; a version of the package that has wheels for this Python often helps.',
  },
  {
    pattern: /No space left on device/,
    code: 'PIP_FAILED',
    because: () => 'no space is left on the disk',
    nextStep: () => 'Free some space on the disk where builds are done, and build again.',
  },
];

/** The error for a failed run: which command, why as far as its output tells, what to try. */
export function pipFailed({ action, command, exit, tail }: FailedPip): TspackError {
  const failed = `Cannot ${action}: ${command} ended with ${exit}`;
  for (const { pattern, code, because, nextStep } of CAUSES) {
    const match = pattern.exec(tail);
    if (match !== null) return new TspackError({ code, message: `${failed}, because ${because(match)}`, nextStep: nextStep(match) });
  }
  return new TspackError({ code: 'PIP_FAILED', message: failed, nextStep: 'Read the lines with "ERROR" above.' });
}
