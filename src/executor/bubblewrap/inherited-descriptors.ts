import { readFileSync, readdirSync } from 'node:fs';
import { hasSystemCode } from '../../foundation/index.ts';

const CLOSE_ON_EXEC = 0o2000000;

/**
 * Descriptors that every child of this process gets, beyond the standard three: whoever started us left them open.
 * Node closes such ones for its children up to the first gap only, and one that is a folder of the host would be a
 * way out of a sandbox.
 */
export function inheritedDescriptors(): readonly number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((descriptor) => descriptor > 2 && isInherited(descriptor));
}

function isInherited(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/mu.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1];
    return flags !== undefined && (parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch (error) {
    // The one that the listing itself needed.
    if (hasSystemCode(error, 'ENOENT')) return false;
    throw error;
  }
}
