import { listBundledBuilders } from '../../builder/index.ts';
import { LABELS } from '../../cnb/index.ts';
import type { SupportedTarget } from '../../cnb/index.ts';
import { TspackError } from '../../foundation/index.ts';
import { pullImage } from '../images/pull-image.ts';
import { platformOfTarget } from './base-image.ts';
import { imageSources } from './image-sources.ts';
import type { BuilderSituation } from './builder-situation.ts';

/**
 * Looks for each run image and mirror, as pack does: one that is not there is warned of, because it may be made later; one of
 * another stack than the deprecated `[stack] id` says is refused. Throws `RUN_IMAGE_UNFIT`.
 */
export async function checkRunImages(target: SupportedTarget, situation: BuilderSituation): Promise<void> {
  const { definition, ports, task } = situation;
  const own = new Set(listBundledBuilders(ports.bundled.buildersDirectory).flatMap(({ runImage }) => (runImage === undefined ? [] : [runImage.reference])));
  for (const name of definition.runImages.flatMap(({ image, mirrors }) => [image, ...mirrors])) {
    if (own.has(name)) continue; // made when it is needed
    task.signal.throwIfAborted();
    const found = await findQuietly(name, target, situation);
    if (found === undefined) {
      task.events({ kind: 'message', level: 'warning', message: `Run image "${name}" is not accessible` });
      continue;
    }
    const stack = found.image.config.config?.Labels?.[LABELS.stackId] ?? '';
    if (definition.stackId === undefined || definition.stackId === '' || stack === definition.stackId) continue;
    throw new TspackError({
      code: 'RUN_IMAGE_UNFIT',
      message: `Cannot use run image "${name}" for the stack "${definition.stackId}": it has stack "${stack}"`,
      nextStep: 'Use a run image of that stack, or leave [stack] id out of builder.toml',
    });
  }
}

async function findQuietly(image: string, target: SupportedTarget, { options, ports, task }: BuilderSituation) {
  const platform = platformOfTarget(target, ports.hostPlatform);
  try {
    return await pullImage({ image, role: 'run image', platform, ...imageSources(options), events: task.events, signal: task.signal }, ports.modules);
  } catch (error) {
    if (!(error instanceof TspackError)) throw error;
    task.events({ kind: 'message', level: 'debug', message: error.message });
    return undefined;
  }
}
