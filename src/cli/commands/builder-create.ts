import { resolve } from 'node:path';
import type { MakingResult } from '../../index.ts';
import type { CommandFunction } from '../command.ts';
import { readMakingFlags } from '../options/making.ts';
import type { MakingFlags } from '../options/making.ts';
import { parseModuleNames } from '../options/module-names.ts';
import { madeReferences, madeSummary } from '../render/made-images.ts';
import { visible } from '../render/untrusted.ts';
import { usageError } from '../usage-error.ts';
import { withEvents } from './task.ts';

interface BuilderCreateFlags extends MakingFlags {
  readonly flatten?: readonly string[];
  readonly lifecycleImage?: string;
}

/** `tspack builder create`. */
export const builderCreate: CommandFunction<[string], BuilderCreateFlags> = async ([image], flags, context) => {
  if (flags.config === undefined) throw usageError('No builder.toml is named', 'Name it with --config');
  const options = {
    ...readMakingFlags(image, flags, context),
    config: resolve(context.workingDirectory, flags.config),
    flatten: (flags.flatten ?? []).map((text) => parseModuleNames(text, '--flatten')),
    ...(flags.lifecycleImage === undefined ? {} : { lifecycleImage: flags.lifecycleImage }),
  };
  return withEvents(context, async (library, task, display) => {
    const result = await library.createBuilderImage(options, task);
    display.result(result, (style) => {
      const next = `tspack build <image> --builder ${visible(builderName(image, result))}`;
      return `${madeSummary('created builder', result)}\n\n${style.tip('Next:')} ${next}`;
    });
    context.stdout.write(madeReferences(result));
    if (result.lifecycleImage !== undefined) context.stdout.write(madeReferences(result.lifecycleImage));
    return 0;
  });
};

/** What `--builder` takes: the name where images have names, else the place. */
function builderName(image: string, { images }: MakingResult): string {
  const places = images.flatMap((made) => made.places);
  return places.every((place) => /^(?:oci|oci-archive|docker-archive):/.test(place)) ? (places[0] ?? image) : image;
}
