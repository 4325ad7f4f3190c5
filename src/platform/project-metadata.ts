import { readGitSource } from '../source/index.ts';
import type { ProjectMetadata } from '../cnb/index.ts';
import type { BuildSettings } from './build-settings.ts';

/**
 * Where the source comes from, for the label `io.buildpacks.project.metadata` (CNB.md C204): what the project declares,
 * else what git knows; empty when neither says anything.
 */
export function projectMetadata({ declaredSource, path, origin }: Pick<BuildSettings, 'declaredSource' | 'path' | 'origin'>): ProjectMetadata {
  const { version, url } = declaredSource;
  if (version !== undefined || url !== undefined) {
    return {
      source: { type: 'project', ...(version === undefined ? {} : { version: { declared: version } }), ...(url === undefined ? {} : { metadata: { url } }) },
    };
  }
  const git = origin?.git ?? readGitSource(path);
  if (git === undefined) return {};
  const { commit, describe, refs } = git;
  return { source: { type: 'git', version: { commit, describe }, metadata: { refs, ...(git.url === undefined ? {} : { url: git.url }) } } };
}
