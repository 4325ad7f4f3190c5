import { DockerfileError } from './dockerfile-error.ts';
import type { Mount, SandboxPath } from '../executor/index.ts';
import type { RunInstruction } from './instruction.ts';

/**
 * The mounts that a RUN asks for. A cache mount begins empty each time, which every command must be ready for. Throws
 * `DOCKERFILE_UNSUPPORTED` for what would need more than that.
 */
export function runMounts(instruction: RunInstruction): readonly Mount[] {
  if (instruction.security !== 'sandbox') {
    throw new DockerfileError(instruction, { code: 'DOCKERFILE_UNSUPPORTED', problem: `RUN --security=${instruction.security} is not supported` });
  }
  if (instruction.devices.length > 0) {
    throw new DockerfileError(instruction, {
      code: 'DOCKERFILE_UNSUPPORTED',
      problem: `RUN --device=${instruction.devices[0]} is not supported: there are no devices in the sandbox`,
      nextStep: 'Leave the device out',
    });
  }
  return instruction.mounts.map((mount): Mount => {
    const type = mount['type'] ?? 'bind';
    if (type !== 'cache' && type !== 'tmpfs') {
      throw new DockerfileError(instruction, {
        code: 'DOCKERFILE_UNSUPPORTED',
        problem: `RUN --mount=type=${type} is not supported`,
        nextStep: type === 'bind' ? 'Copy the files with COPY' : 'Leave the mount out',
      });
    }
    const target = mount['target'] ?? mount['dst'] ?? mount['destination'];
    if (target?.startsWith('/') !== true) throw new DockerfileError(instruction, { problem: `--mount=type=${type} needs a target that is an absolute path` });
    return { kind: 'tmpfs', target: target as SandboxPath };
  });
}
