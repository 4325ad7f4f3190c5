import { because, detectedWithFrontend, findNearMisses, isFile, notDetected, placeOf, type DetectContext, type DetectOutcome } from '../../../src/sdk/index.ts';

/** Passes with a Cargo.toml at the root. */
export function detect({ applicationDirectory }: DetectContext): DetectOutcome {
  if (isFile(applicationDirectory, 'Cargo.toml')) {
    const place = placeOf(applicationDirectory, 'Cargo.toml', /^\s*\[\s*(?:package|workspace)\s*[\].]/);
    return because([place], detectedWithFrontend(applicationDirectory, { provides: ['rust'], requires: ['rust'] }));
  }
  return notDetected({ lookedFor: ['Cargo.toml'], nearMisses: findNearMisses(applicationDirectory, ['Cargo.toml']) });
}
