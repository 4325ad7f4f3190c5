import { describe, expect, it } from 'vitest';
import { TspackError } from '../../../src/foundation/index.ts';
import { acceptsFakeroot, isNewEnough } from '../../../src/executor/bubblewrap/fakeroot-check.ts';

describe('isNewEnough()', () => {
  it('knows glibc by what its loader says', () => {
    expect(isNewEnough('ld.so (Debian GLIBC 2.36-9+deb12u10) stable release version 2.36.\n')).toBe(true);
    expect(isNewEnough('ld.so (Ubuntu GLIBC 2.31-0ubuntu9) stable release version 2.31.\n')).toBe(false);
    expect(isNewEnough('ld.so (GNU libc) stable release version 3.0.\n')).toBe(true);
    expect(isNewEnough('musl libc (x86_64)\nVersion 1.2.5\n')).toBe(false);
  });
});

describe('acceptsFakeroot()', () => {
  it('takes a root without the loader for one of another C library, and other failures for failures', async () => {
    const failing = (message: string) => () => Promise.reject(new TspackError({ code: 'SANDBOX_FAILED', message }));
    expect(await acceptsFakeroot('amd64', failing("Cannot start '/lib64/ld-linux-x86-64.so.2' in the sandbox: no such file or directory"))).toBe(false);
    await expect(acceptsFakeroot('arm64', failing('Cannot start the sandbox: no'))).rejects.toThrow('Cannot start the sandbox');
  });
});
