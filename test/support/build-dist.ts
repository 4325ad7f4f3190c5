import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Bundles dist/ once before the tests: worker threads and buildpacks run from there. */
export default function buildDist(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, '../../scripts/build.mjs')], { stdio: 'inherit' });
}
