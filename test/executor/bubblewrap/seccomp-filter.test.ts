import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rootSeccompFilter } from '../../../src/executor/bubblewrap/seccomp-filter.ts';
import { SYSTEM_CALLS } from '../../../src/executor/bubblewrap/system-calls.ts';

const AUDIT = { amd64: 0xc000_003e, arm64: 0xc000_00b7 };
const ALLOW = 0x7fff_0000;
const errno = (number: number): number => 0x0005_0000 | number;

/** The kernel's interpreter of classic BPF, for the instructions that filters use (seccomp(2), Linux filter.rst). */
function judge(filter: Uint8Array, call: { readonly architecture: number; readonly number: number; readonly firstArgument?: number }): number {
  const view = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  const data: Readonly<Record<number, number>> = { 0: call.number, 4: call.architecture, 16: call.firstArgument ?? 0 };
  let accumulator = 0;
  for (let index = 0; ; index++) {
    const at = index * 8;
    const [code, then, otherwise, operand] = [view.getUint16(at, true), view.getUint8(at + 2), view.getUint8(at + 3), view.getUint32(at + 4, true)];
    if (code === 0x06) return operand;
    if (code === 0x20) {
      accumulator = data[operand] ?? NaN;
      continue;
    }
    const holds = code === 0x15 ? accumulator === operand : code === 0x35 ? accumulator >= operand : code === 0x45 ? (accumulator & operand) !== 0 : undefined;
    if (holds === undefined) throw new Error(`unknown instruction ${code}`);
    index += holds ? then : otherwise;
  }
}

describe.each(['amd64', 'arm64'] as const)('rootSeccompFilter() for %s', (architecture) => {
  const numbers = SYSTEM_CALLS[architecture];
  const call = (name: keyof typeof numbers, firstArgument = 0) => ({ architecture: AUDIT[architecture], number: numbers[name] ?? NaN, firstArgument });
  const mapped = rootSeccompFilter(architecture, false);
  const emulated = rootSeccompFilter(architecture, true);

  it('forbids mounts, keys and programs for the kernel', () => {
    for (const name of ['mount', 'umount2', 'move_mount', 'setns', 'keyctl', 'bpf', 'io_uring_setup', 'init_module'] as const) {
      expect([judge(mapped, call(name)), judge(emulated, call(name))], name).toEqual([errno(1), errno(1)]);
    }
  });

  it('pretends changes of owners and ids only where there is one id', () => {
    for (const name of ['fchown', 'fchownat', 'setgroups', 'setuid', 'setresgid'] as const) {
      expect([judge(mapped, call(name)), judge(emulated, call(name))], name).toEqual([ALLOW, errno(0)]);
    }
  });

  it('lets processes be made, but no user namespaces', () => {
    const newUser = 0x1000_0000;
    for (const name of ['clone', 'unshare'] as const) {
      expect([judge(mapped, call(name)), judge(mapped, call(name, newUser)), judge(mapped, call(name, newUser | 17))]).toEqual([ALLOW, errno(1), errno(1)]);
    }
    expect(judge(mapped, call('clone3'))).toBe(errno(38));
  });

  it('lets everything else pass, of this ABI alone', () => {
    expect(judge(emulated, { architecture: AUDIT[architecture], number: 64 })).toBe(ALLOW);
    expect(judge(emulated, { architecture: 0x4000_0003, number: 64 })).toBe(errno(38));
  });
});

describe('rootSeccompFilter()', () => {
  it('has no calls of x32', () => {
    expect(judge(rootSeccompFilter('amd64', false), { architecture: AUDIT.amd64, number: 0x4000_0000 + 165 })).toBe(errno(38));
  });

  // Of bytes whose system call numbers were compared with Linux' asm-generic/unistd.h: there is no such machine to try them on.
  it.each([
    [false, 536, '586055767268284e950049c292e4cde59f3df8fe28a4bfab989f5dd841ade93d'],
    [true, 712, '7c1a63634a4813849b98a7ceb5b1fca88d91a35a5372327ca6af0d6ae215adaa'],
  ])('has not changed for arm64 (emulated: %s)', (emulated, size, sha256) => {
    const filter = rootSeccompFilter('arm64', emulated);
    expect([filter.length, createHash('sha256').update(filter).digest('hex')]).toEqual([size, sha256]);
  });

  it('begins with the check of the architecture, byte for byte', () => {
    expect(Buffer.from(rootSeccompFilter('arm64', true)).toString('hex').slice(0, 64)).toBe(
      ['2000000004000000', '15000100b70000c0', '0600000026000500', '2000000000000000'].join(''),
    );
  });
});
