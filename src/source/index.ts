/**
 * From what the user names to a staged folder: archives, git repositories, ignore rules, modes, the commit it is a checkout of. It knows nothing of
 * buildpacks or images.
 *
 * @packageDocumentation
 */
export { fetchSource, locateSource } from './fetch-source.ts';
export type { FetchedSource } from './fetch-source.ts';
export type { RunGit } from './git/fetch-git.ts';
export { readGitSource } from './git/read-git-source.ts';
export type { GitSource } from './git/read-git-source.ts';
export { requireSourceFolder, stageSource } from './stage-source.ts';
export type { SourceFilter } from './source-filter.ts';
export type { StagedSource } from './stage-source.ts';
