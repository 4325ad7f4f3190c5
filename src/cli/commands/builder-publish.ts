import type { MakingResult } from '../../index.ts';
import type { CommandFunction } from '../command.ts';
import { madeReferences } from '../render/made-images.ts';
import { formatTable } from '../render/measure.ts';
import { visible } from '../render/untrusted.ts';
import { withEvents } from './task.ts';

interface BuilderPublishFlags {
  readonly target?: readonly string[];
  readonly insecureRegistry?: readonly string[];
}

/** `tspack builder publish`: standard output names the builder image alone, by its digest. */
export const builderPublish: CommandFunction<[string, string], BuilderPublishFlags> = ([builder, repository], flags, context) =>
  withEvents(context, async (library, task, display) => {
    const options = { builder, repository, targets: flags.target ?? [], insecureRegistries: flags.insecureRegistry ?? [] };
    const published = await library.publishBuilder(options, task);
    display.result(published, (style) => {
      const rows = [
        ['Run image:', named(published.runImage)],
        ['Build image:', named(published.buildImage)],
        ['Lifecycle:', named(published.lifecycleImage)],
        ['Builder:', named(published.builder)],
      ];
      const next = `tspack deploy tekton --builder ${visible(published.builder.name)} | kubectl apply -f -`;
      return `\n${formatTable(rows)}\n\n${style.tip('Next:')} ${next}`;
    });
    context.stdout.write(madeReferences(published.builder));
    return 0;
  });

function named({ name, images, indexDigest }: MakingResult): string {
  const platforms = images.map(({ platform }) => platform).join(', ');
  return `${visible(name)} ${indexDigest ?? images[0]?.manifestDigest ?? ''} (${platforms})`;
}
