/**
 * From what the user names to a staged folder: ignore rules, modes. It knows nothing of buildpacks or images.
 *
 * @packageDocumentation
 */
export { requireSourceFolder, stageSource } from './stage-source.ts';
export type { SourceFilter, StagedSource } from './stage-source.ts';
