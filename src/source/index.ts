/**
 * From what the user names to a staged folder: ignore rules, modes, the commit it is a checkout of. It knows nothing of buildpacks or images.
 *
 * @packageDocumentation
 */
export { readGitSource } from './git-source.ts';
export type { GitSource } from './git-source.ts';
export { requireSourceFolder, stageSource } from './stage-source.ts';
export type { SourceFilter } from './source-filter.ts';
export type { StagedSource } from './stage-source.ts';
