import { describeFolder, detectedWithFrontend, findNearMisses, notDetected, type DetectContext, type DetectOutcome } from '../../../src/sdk/index.ts';
import { findProject, LOOKED_FOR } from './project/find-project.ts';

/** Passes for more than build can handle, so that build can explain what is missing. */
export function detect(context: DetectContext): DetectOutcome {
  const { applicationDirectory } = context;
  if (findProject(applicationDirectory) !== undefined) return detectedWithFrontend(applicationDirectory, { provides: ['java'], requires: ['java'] });
  return notDetected({
    lookedFor: LOOKED_FOR,
    nearMisses: findNearMisses(applicationDirectory, ['pom.xml', 'build.gradle', 'build.gradle.kts']),
    note: describeFolder(applicationDirectory),
  });
}
