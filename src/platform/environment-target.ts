import { withDistribution } from '../cnb/index.ts';
import { readMountedText } from '../lifecycle/index.ts';
import type { ImageTarget } from '../cnb/index.ts';
import type { SandboxPath } from '../executor/index.ts';
import type { ResolvedBuilder } from './ports.ts';

/** What buildpacks are told of the run image; the build image speaks for it where it is silent (CNB.md C054). */
export function environmentTarget(target: ImageTarget, { root }: Pick<ResolvedBuilder, 'root'>): ImageTarget {
  return withDistribution(target, readMountedText({ hostPath: root, sandboxPath: '/' as SandboxPath }, 'etc/os-release'));
}
