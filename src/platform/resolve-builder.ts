import { findBundledBuilder, listBundledBuilders } from '../builder/index.ts';
import { TspackError } from '../foundation/index.ts';
import { pullImage } from './images/pull-image.ts';
import { addModules } from './modules/add-modules.ts';
import { resolveBundledBuilder } from './resolve-bundled-builder.ts';
import { pullOptions, resolveForeignBuilder } from './resolve-foreign-builder.ts';
import { chooseRunImage } from './choose-run-image.ts';
import type { ModulePorts } from './modules/open-module.ts';
import type { BuilderRequest, ResolvedBuilder } from './ports.ts';
import type { BundledBuilderPorts } from './resolve-bundled-builder.ts';

export interface BuilderPorts {
  readonly bundled: BundledBuilderPorts;
  readonly modules: ModulePorts;
}

/**
 * The builder that a build asks for, with the buildpacks that the user selected: one that comes with tspack, or an image
 * of anybody (CNB.md C196). Throws `BUILDER_UNKNOWN`, and what either kind of builder, run images and buildpacks throw.
 */
export async function resolveBuilder(request: BuilderRequest, ports: BuilderPorts): Promise<ResolvedBuilder> {
  const isBundled = listBundledBuilders(ports.bundled.buildersDirectory).some(({ name }) => name === request.name);
  if (!isBundled) await requireWord(request, ports);
  const builder = isBundled ? await bundledBuilder(request, ports) : await resolveForeignBuilder(request, ports.modules);
  return requireOrder(await addModules(builder, request, ports.modules));
}

export function requireOrder(builder: ResolvedBuilder): ResolvedBuilder {
  if (builder.order.order.some(({ group }) => group.length > 0)) return builder;
  throw new TspackError({
    code: 'BUILDER_IMAGE_INVALID',
    message: `Cannot build with "${builder.name}": it has no order, neither in a file nor in a label`,
    nextStep: 'Name buildpacks with --buildpack',
  });
}

async function bundledBuilder(request: BuilderRequest, ports: BuilderPorts): Promise<ResolvedBuilder> {
  const resolved = await resolveBundledBuilder(request, ports.bundled);
  const builder = { ...resolved, user: { ...resolved.user, ...request.user } };
  if (request.runImage === undefined) return builder;
  return { ...builder, runImage: await chooseRunImage(request, builder.runImages, ports.modules) };
}

/**
 * A bare word that is not the name of a bundled builder may be an image of this machine, but no registry is asked for it:
 * nobody publishes builders there, and a typo should not end in a lecture about somebody's registry.
 */
async function requireWord(request: BuilderRequest, { bundled, modules }: BuilderPorts): Promise<void> {
  if (!/^[A-Za-z0-9_-]*$/.test(request.name)) return;
  try {
    if ((await pullImage({ ...pullOptions(request), image: request.name, role: 'builder', policy: { kind: 'never' } }, modules)) !== undefined) return;
  } catch (error) {
    // No name of an image either.
    if (!(error instanceof TspackError) || error.code !== 'IMAGE_REFERENCE_INVALID') throw error;
  }
  findBundledBuilder(bundled.buildersDirectory, request.name);
}
