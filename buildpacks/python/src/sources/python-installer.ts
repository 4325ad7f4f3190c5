import type { Component } from '../../../../src/sdk/index.ts';

/** How a version of Python, found in one of its sources, is put into a layer. Everything lies below `usr/` there. */
export interface PythonInstaller {
  /** Changes with what would be installed: an input of the layer. */
  readonly key: string;
  /** Folders with shared libraries, relative to the layer. */
  readonly libraryDirectories: readonly string[];
  /** Fills `<directory>/usr/bin`, `usr/lib`; returns what the SBOM is to tell. */
  install(directory: string): Promise<readonly Component[]>;
  /** Fills `<directory>/usr/include`. */
  installHeaders(directory: string): Promise<void>;
  /** Something that the user should know of this source. */
  readonly warning: { readonly message: string; readonly nextStep: string } | undefined;
}

const MODULES = ['test', 'idlelib', 'tkinter', 'turtledemo', 'turtle.py', 'ensurepip', 'lib2to3', 'pydoc_data', 'EXTERNALLY-MANAGED', 'sitecustomize.py'];

/** What is no part of running an application, as globs: tests and tools of the standard library, and extension modules of libraries that are left out. */
export const NOT_FOR_RUNNING: readonly string[] = [
  ...MODULES.flatMap((name) => [`usr/lib/python3*/${name}`, `usr/lib/python3*/${name}/**`]),
  ...['_dbm', 'nis', '_tkinter'].map((name) => `usr/lib/python3*/lib-dynload/${name}.*`),
  'usr/lib/python3*/config-3*',
  'usr/lib/python3*/config-3*/**',
  'usr/lib/binfmt.d/**',
  'usr/share/binfmts/**',
  'etc/**',
];
