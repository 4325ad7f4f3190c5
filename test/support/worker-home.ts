import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Each worker has a data folder of its own, so that files that run at once do not wait for each other's locks. */
const home = process.env['TSPACK_TEST_HOME'];
const worker = `worker-${process.env['VITEST_POOL_ID'] ?? '1'}`;
if (home !== undefined && !home.endsWith(worker)) {
  process.env['TSPACK_TEST_HOME'] = join(home, worker);
  mkdirSync(process.env['TSPACK_TEST_HOME'], { recursive: true });
}
