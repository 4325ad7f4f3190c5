import type { EnvAction } from '../../../../src/sdk/index.ts';

/** A variable of one process, and how it meets one that is there already. */
export type ProcessVariable = readonly [name: string, value: string, action: EnvAction];
