import { join } from 'node:path';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The program of `launch-tool/` for this machine; `TSPACK_TEST_LAUNCH_TOOL` names another, such as one with sanitizers. */
export const LAUNCH_TOOL =
  process.env['TSPACK_TEST_LAUNCH_TOOL'] ?? join(import.meta.dirname, `../../launch-tool/bin/launch-tool-linux-${ARCHITECTURES[process.arch] ?? process.arch}`);
