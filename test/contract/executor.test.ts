import { describe } from 'vitest';
import { sandboxObstacle, testBubblewrap } from '../support/sandbox-root.ts';
import { ROOT_TOOL, bubblewrapSubject, executorContract } from './executor-contract.ts';

const required = process.env['TSPACK_TEST_REQUIRE'] === '1';
const obstacle = sandboxObstacle();
if (obstacle !== undefined) console.warn(`SKIPPED: executor bubblewrap: ${obstacle}`);

describe.skipIf(obstacle !== undefined && !required)('with the bubblewrap of this machine', () => {
  // Debian 12's own is too old for overlays; with tspack's own, the acceptance tests insist on them.
  executorContract(bubblewrapSubject('bubblewrap', { command: testBubblewrap() ?? [], overlay: false }));
  executorContract(bubblewrapSubject('bubblewrap that processes share', { command: testBubblewrap() ?? [], overlay: false, tool: ROOT_TOOL }));
});
