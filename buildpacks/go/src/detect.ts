import { readdirSync } from 'node:fs';
import { detectedWithFrontend, findNearMisses, isFile, notDetected, type DetectContext, type DetectOutcome } from '../../../src/sdk/index.ts';

/** Passes for Go files without a go.mod too, so that build can say what is missing. */
export function detect({ applicationDirectory }: DetectContext): DetectOutcome {
  if (
    readdirSync(applicationDirectory).some(
      (name) => (name === 'go.mod' || name === 'go.work' || /^[^.].*\.go$/.test(name)) && isFile(applicationDirectory, name),
    )
  )
    return detectedWithFrontend(applicationDirectory, { provides: ['go'], requires: ['go'] });
  return notDetected({ lookedFor: ['go.mod', 'go.work', '*.go'], nearMisses: findNearMisses(applicationDirectory, ['go.mod']) });
}
