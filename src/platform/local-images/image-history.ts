import type { Image } from '../../oci/index.ts';
import type { HistoryStep } from './api.ts';

/** The steps that made an image, newest first; layers that no step tells of come first among them. */
export function imageHistory(image: Image): readonly HistoryStep[] {
  const steps = image.config.history ?? [];
  const layers = [...image.layers];
  const told = steps.map((step): HistoryStep => {
    const layer = step.empty_layer === true ? undefined : layers.shift();
    const sizeBytes = step.empty_layer === true ? 0 : (layer?.tarSizeBytes ?? layer?.blob?.size);
    return {
      ...(step.created === undefined ? {} : { created: step.created }),
      createdBy: step.created_by ?? '',
      ...(step.comment === undefined ? {} : { comment: step.comment }),
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
      ...(layer === undefined ? {} : { diffId: layer.diffId }),
    };
  });
  const untold = layers.map(({ diffId, tarSizeBytes }): HistoryStep => ({
    createdBy: '',
    diffId,
    ...(tarSizeBytes === undefined ? {} : { sizeBytes: tarSizeBytes }),
  }));
  return [...told, ...untold].reverse().map((step, index) => (index === 0 ? { imageId: image.imageId, ...step } : step));
}
