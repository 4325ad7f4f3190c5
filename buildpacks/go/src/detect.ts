import { readdirSync } from 'node:fs';
import { because, detectedWithFrontend, findNearMisses, isFile, notDetected, placeOf, type DetectContext, type DetectOutcome } from '../../../src/sdk/index.ts';

/** Passes for Go files without a go.mod too, so that build can say what is missing. */
export function detect({ applicationDirectory }: DetectContext): DetectOutcome {
  const names = readdirSync(applicationDirectory).filter((name) => isFile(applicationDirectory, name));
  const found = ['go.work', 'go.mod'].find((name) => names.includes(name)) ?? names.find((name) => /^[^.].*\.go$/.test(name));
  if (found === undefined) return notDetected({ lookedFor: ['go.mod', 'go.work', '*.go'], nearMisses: findNearMisses(applicationDirectory, ['go.mod']) });
  const place = placeOf(applicationDirectory, found, /^\s*(?:module|use|package)\b/);
  return because([place], detectedWithFrontend(applicationDirectory, { provides: ['go'], requires: ['go'] }));
}
