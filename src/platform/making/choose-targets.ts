import { formatTarget, parseTargetText } from '../../cnb/index.ts';
import type { SupportedTarget } from '../../cnb/index.ts';
import { TspackError } from '../../foundation/index.ts';
import type { ImagePlatform } from '../../oci/index.ts';
import type { MakingOptions } from './api.ts';
import { expandTargets } from './target-folder.ts';

/**
 * What is made: the targets that the user names, else those of the files; each for at most one distribution. A daemon and
 * single archives take one image: of several targets, the one of this machine. Throws `TARGET_INVALID`.
 */
export function chooseTargets(
  options: Pick<MakingOptions, 'targets' | 'outputs'>,
  declared: readonly SupportedTarget[],
  host: ImagePlatform,
): readonly SupportedTarget[] {
  const wanted = options.targets.length > 0 ? options.targets.map(parseTargetText) : declared;
  const targets = expandTargets(wanted.map((target) => ({ ...target, os: target.os ?? 'linux' })));
  const single = options.outputs.find(({ kind }) => kind === 'docker' || kind === 'docker-archive' || kind === 'oci-archive');
  if (targets.length < 2 || single === undefined) return targets;
  if (options.targets.length > 1)
    throw refuse(`${single.kind} takes one image, and ${options.targets.length} targets are named`, 'Name one target, or use --publish');
  const fitting = targets.find(({ os, arch }) => os === host.os && (arch === undefined || arch === host.architecture));
  if (fitting !== undefined) return [fitting];
  throw refuse(`none of ${targets.map(formatTarget).join(', ')} is ${host.os}/${host.architecture}`, 'Name one with --target');
}

function refuse(why: string, nextStep: string): TspackError {
  return new TspackError({ code: 'TARGET_INVALID', message: `Cannot choose a target: ${why}`, nextStep });
}
