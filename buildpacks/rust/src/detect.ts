import { detectedWithFrontend, findNearMisses, isFile, notDetected, type DetectContext, type DetectOutcome } from '../../../src/sdk/index.ts';

/** Passes with a Cargo.toml at the root. */
export function detect({ applicationDirectory }: DetectContext): DetectOutcome {
  if (isFile(applicationDirectory, 'Cargo.toml')) return detectedWithFrontend(applicationDirectory, { provides: ['rust'], requires: ['rust'] });
  return notDetected({ lookedFor: ['Cargo.toml'], nearMisses: findNearMisses(applicationDirectory, ['Cargo.toml']) });
}
