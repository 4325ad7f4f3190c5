import type { BuildContext, RuntimeSource } from '../../../../src/sdk/index.ts';

/** A file of a vendor, with what proves it. */
export interface JavaArchive {
  readonly url: string;
  readonly sha256: string;
  readonly name: string;
}

/** The package that holds the runtime itself, among those that it needs. */
export interface RuntimePackage {
  readonly name: string;
  readonly version: string;
}

/** What is needed to install a version of Java. */
export type FoundJava =
  /** Sets of packages of the buildpack's lock of a suite: `openjdk-21-jdk` and `openjdk-21-jre`. */
  | { readonly kind: 'packages'; readonly suite: string; readonly jdk: string; readonly jre: string; readonly runtimePackage: RuntimePackage }
  /** A JDK and a JRE; some versions have no JRE, and the JDK stands for it. */
  | { readonly kind: 'archives'; readonly jdk: JavaArchive; readonly jre: JavaArchive };

/** A place where versions of Java come from. */
export type JavaSource = RuntimeSource<FoundJava>;

/** Makes a source for a build. */
export type JavaSourceFactory = (context: BuildContext) => JavaSource;
