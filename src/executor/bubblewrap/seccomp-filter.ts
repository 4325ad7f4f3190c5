import { SYSTEM_CALLS } from './system-calls.ts';
import type { FilteredArchitecture, SystemCall } from './system-calls.ts';

const EPERM = 1;
const ENOSYS = 38;
const ALLOW = 0x7fff_0000;
const answer = (errno: number): number => 0x0005_0000 | errno;

const LOAD = 0x20;
const EQUAL = 0x15;
const GREATER_OR_EQUAL = 0x35;
const TEST_BITS = 0x45;
const RETURN = 0x06;

const NUMBER_OFFSET = 0;
const ARCHITECTURE_OFFSET = 4;
const FIRST_ARGUMENT_OFFSET = 16;
const CLONE_NEWUSER = 0x1000_0000;
const X32_BIT = 0x4000_0000;
const AUDIT_ARCHITECTURES: Readonly<Record<FilteredArchitecture, number>> = { amd64: 0xc000_003e, arm64: 0xc000_00b7 };

/** Beyond what the sandbox's missing capabilities forbid: the kernel's larger surfaces, and namespaces that would bring capabilities back. */
const FORBIDDEN: readonly SystemCall[] = [
  ...(['mount', 'umount2', 'pivot_root', 'move_mount', 'open_tree', 'fsopen', 'fsmount', 'mount_setattr', 'setns'] as const),
  ...(['keyctl', 'add_key', 'request_key', 'bpf', 'perf_event_open', 'userfaultfd', 'io_uring_setup'] as const),
  ...(['kexec_load', 'kexec_file_load', 'init_module', 'finit_module', 'delete_module', 'reboot', 'swapon', 'swapoff', 'open_by_handle_at'] as const),
];

/** Where a namespace has one id only, these would fail; they do nothing, and say that they did. */
const PRETENDED: readonly SystemCall[] = [
  ...(['chown', 'lchown', 'fchown', 'fchownat'] as const),
  ...(['setgroups', 'setuid', 'setgid', 'setreuid', 'setregid', 'setresuid', 'setresgid', 'setfsuid', 'setfsgid'] as const),
];

/**
 * A seccomp filter for processes that see themselves as root, as `bwrap --seccomp` reads it: `struct sock_filter[]` in
 * the byte order of both architectures. Calls of another ABI of the machine (i386, x32) do not exist.
 *
 * @param emulated Whether changes of ids and owners are pretended, because there is one id only.
 */
export function rootSeccompFilter(architecture: FilteredArchitecture, emulated: boolean): Uint8Array {
  const numbers = SYSTEM_CALLS[architecture];
  const each = (calls: readonly SystemCall[], result: number): readonly Instruction[] =>
    calls.flatMap((call) => {
      const number = numbers[call];
      return number === undefined ? [] : [jump(EQUAL, number, 0, 1), give(result)];
    });
  return encode([
    load(ARCHITECTURE_OFFSET),
    jump(EQUAL, AUDIT_ARCHITECTURES[architecture], 1, 0),
    give(answer(ENOSYS)),
    load(NUMBER_OFFSET),
    ...(architecture === 'amd64' ? [jump(GREATER_OR_EQUAL, X32_BIT, 0, 1), give(answer(ENOSYS))] : []),
    ...each(FORBIDDEN, answer(EPERM)),
    ...(emulated ? each(PRETENDED, answer(0)) : []),
    // Its flags lie in memory, which a filter cannot read; without it the C library uses clone.
    ...each(['clone3'], answer(ENOSYS)),
    ...[numbers.clone ?? 0, numbers.unshare ?? 0].flatMap((number) => [
      jump(EQUAL, number, 0, 4),
      load(FIRST_ARGUMENT_OFFSET),
      jump(TEST_BITS, CLONE_NEWUSER, 0, 1),
      give(answer(EPERM)),
      give(ALLOW),
    ]),
    give(ALLOW),
  ]);
}

interface Instruction {
  readonly code: number;
  /** How many instructions are passed over when the test holds, and otherwise. */
  readonly then: number;
  readonly otherwise: number;
  readonly operand: number;
}

const load = (offset: number): Instruction => ({ code: LOAD, then: 0, otherwise: 0, operand: offset });
const jump = (code: number, operand: number, then: number, otherwise: number): Instruction => ({ code, then, otherwise, operand });
const give = (result: number): Instruction => ({ code: RETURN, then: 0, otherwise: 0, operand: result });

function encode(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(instructions.length * 8));
  instructions.forEach(({ code, then, otherwise, operand }, index) => {
    bytes.setUint16(index * 8, code, true);
    bytes.setUint8(index * 8 + 2, then);
    bytes.setUint8(index * 8 + 3, otherwise);
    bytes.setUint32(index * 8 + 4, operand >>> 0, true);
  });
  return new Uint8Array(bytes.buffer);
}
