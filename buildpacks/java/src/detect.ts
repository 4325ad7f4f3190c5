import {
  because,
  describeFolder,
  detectedWithFrontend,
  findNearMisses,
  notDetected,
  placeOf,
  type DetectContext,
  type DetectOutcome,
} from '../../../src/sdk/index.ts';
import { findProject, LOOKED_FOR, markOf } from './project/find-project.ts';

/** Passes for more than build can handle, so that build can explain what is missing. */
export function detect(context: DetectContext): DetectOutcome {
  const { applicationDirectory } = context;
  const project = findProject(applicationDirectory);
  if (project !== undefined) {
    const place = placeOf(applicationDirectory, markOf(applicationDirectory, project), /<artifactId>|^\s*(?:plugins|rootProject)\b|^Main-Class:/);
    return because([place], detectedWithFrontend(applicationDirectory, { provides: ['java'], requires: ['java'] }));
  }
  return notDetected({
    lookedFor: LOOKED_FOR,
    nearMisses: findNearMisses(applicationDirectory, ['pom.xml', 'build.gradle', 'build.gradle.kts']),
    note: describeFolder(applicationDirectory),
  });
}
