import type { BuildContext, CommandResult, Component } from '../../../../src/sdk/index.ts';
import type { Lockfile, Project } from '../project.ts';
import type { Registry } from './npm-settings.ts';
import type { Runtime } from '../layers/runtime.ts';

/** Which packages: all of them, or those that the application needs when it runs. */
export type Extent = 'all' | 'production';

/** What the application says about the version of its package manager. */
export interface VersionRequest {
  /** A version, a range, or `*`. */
  readonly text: string;
  /** Where: `package.json packageManager`. */
  readonly source: string;
  /** What the archive's digest must be, where `packageManager` names one: `sha512` and hexadecimal digits. */
  readonly hash?: { readonly algorithm: string; readonly hex: string };
}

/** What a package manager needs to be put in place. */
export interface OpenInputs {
  readonly context: BuildContext;
  readonly project: Project;
  readonly runtime: Runtime;
  /** Asked for when something is to be fetched. */
  readonly registry: () => Promise<Registry>;
  readonly request: VersionRequest | undefined;
}

/** One kind of package manager; each folder beside this file holds one. */
export interface PackageManagerKind {
  readonly name: string;
  /** Its lockfiles; the first that is there counts. */
  readonly lockfiles: readonly string[];
  /** Reads what can be wrong before anything is fetched. Throws `NODE_LOCKFILE_INVALID`, `NODE_LOCKFILE_OUT_OF_STEP` and `JSON_INVALID`. */
  checkLockfile(lockfile: Lockfile, project: Project): void;
  /** Puts the package manager in place. */
  open(inputs: OpenInputs): Promise<PackageManager>;
}

/** A package manager, ready to run. */
export interface PackageManager extends Disposable {
  /** As it is typed: `npm`, `yarn`, `pnpm`. */
  readonly name: string;
  readonly version: string;
  /** Files and folders of the application, besides manifests and lockfile, that change what it installs. */
  readonly settings: readonly string[];
  /** `pnp`: packages stay in archives, and a file in the application tells Node.js where. */
  readonly layout: 'node_modules' | 'pnp';
  /** Whether it installs for one member when it is shown them all; one that does not is shown only those that are needed. */
  readonly selectsMembers: boolean;
  /** Whether a tree without devDependencies is made from a copy of the complete one or from the download cache. */
  readonly reduction: 'prune' | 'reinstall';
  /** Installs into `directory`, which holds manifests, lockfile and settings. */
  install(directory: string, extent: Extent): Promise<void>;
  /** Takes devDependencies out of what is installed in `directory`. */
  prune(directory: string): Promise<void>;
  /** Components of the packages that are installed in `directory`, with what its lockfile knows of them. */
  describe(directory: string): Promise<readonly Component[]>;
  /** Runs a script of the package.json in `cwd`. */
  runScript(script: string, cwd: string, env: Readonly<Record<string, string>>): Promise<CommandResult>;
  /** The program `name` that a package of the application in `cwd` brings: the file that Node.js runs, absolute. Only where there is no node_modules/.bin. */
  findProgram?(name: string, cwd: string): Promise<string | undefined>;
  /** Puts the package manager into the image, for start commands that need it. */
  keepForLaunch(): Promise<void>;
}
