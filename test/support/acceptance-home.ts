import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * One data folder for all acceptance tests of a run, so that base images are unpacked once: `TSPACK_TEST_HOME`, which
 * stays, or a folder that goes when the run ends.
 */
export default function provideHome(): (() => void) | undefined {
  if (process.env['TSPACK_TEST_HOME'] !== undefined) return undefined;
  const home = mkdtempSync(join(tmpdir(), 'tspack-acceptance-'));
  process.env['TSPACK_TEST_HOME'] = home;
  return () => rmSync(home, { recursive: true, force: true });
}
