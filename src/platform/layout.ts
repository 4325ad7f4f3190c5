import { parseApiVersion } from '../cnb/index.ts';
import type { SandboxPath } from '../executor/index.ts';

/** The newest Platform API, which this platform and its lifecycle speak. */
export const PLATFORM_API = parseApiVersion('0.15');
export const EXEC_ENV = 'production';

/** Where a build's folders are in the sandbox, and the first two in the image too (platform.md#build-image, CNB.md C192). */
export const WORKSPACE = '/workspace' as SandboxPath;
export const LAYERS = '/layers' as SandboxPath;
export const PLATFORM = '/platform' as SandboxPath;
export const SCRATCH = '/tmp/cnb' as SandboxPath;
