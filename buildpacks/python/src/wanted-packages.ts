/** A folder of the application that is a project of its own, to be built and installed. */
export interface LocalProject {
  /** Relative to the application; `.` is the application itself. */
  readonly directory: string;
  readonly extras: readonly string[];
  /** Whether it is used from where it lies, as its author asks. */
  readonly editable: boolean;
  /** Where that is said: `requirements.txt:3`. */
  readonly source: string;
}

/** One run of pip: lines of a requirements file, and options of the command. */
export interface InstallStep {
  readonly lines: readonly string[];
  readonly options: readonly string[];
}

/** Everything that an application wants installed, whichever file says so. */
export interface WantedPackages {
  /** The file that decides: `poetry.lock`. */
  readonly source: string;
  readonly steps: readonly InstallStep[];
  readonly projects: readonly LocalProject[];
  /** Whether the steps name what the projects need; otherwise the projects themselves are asked. */
  readonly complete: boolean;
  /** Whether another build, on another day, installs the same versions. */
  readonly pinned: boolean;
  /** Changes with what would be installed, and with nothing else: comments and places do not count. */
  readonly content: string;
}

/** Nothing to install. */
export function nothingWanted(source: string): WantedPackages {
  return { source, steps: [], projects: [], complete: true, pinned: true, content: '' };
}
