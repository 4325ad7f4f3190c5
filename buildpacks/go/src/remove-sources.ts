import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { leaveOutFiles } from '../../../src/sdk/index.ts';
import { isEmbedded, type EmbeddedFiles } from './embed-patterns.ts';

/** Files that only a build reads, wherever they lie. */
const BUILD_FILES = /^(?:.*\.go|go\.(?:mod|sum|work|work\.sum)|\.go-version|\.golangci\.\w+|\.goreleaser\.\w+|\.git\w+|\.dockerignore)$/;
/** Sources in other languages that cgo and the assembler read: only beside Go files. */
const FOREIGN_SOURCES = /\.(?:s|S|sx|c|h|cc|hh|cpp|hpp|cxx|hxx|m|f|F|for|f90|syso|swig|swigcxx)$/;
const BUILD_FOLDERS = new Set(['testdata', '.github', '.git']);

/**
 * Takes out of the application directory what the build has used up: Go files and those of its tools, vendored modules, test data, and what is embedded
 * in the programs. What is left are the files that a program may open where it runs: templates, pages, settings. With `keep`, only that is left.
 */
export function removeSources(applicationDirectory: string, embedded: readonly EmbeddedFiles[], keep: readonly string[] | undefined) {
  return leaveOutFiles(applicationDirectory, {
    keep,
    usedUp: (path, name, siblings) =>
      BUILD_FILES.test(name) || (FOREIGN_SOURCES.test(name) && siblings.some((other) => other.endsWith('.go'))) || isEmbedded(path, embedded),
    usedUpFolder: (path, name) => BUILD_FOLDERS.has(name) || (name === 'vendor' && existsSync(join(applicationDirectory, path, 'modules.txt'))),
  });
}
