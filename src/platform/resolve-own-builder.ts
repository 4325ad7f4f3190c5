import { SUPPORTED_APIS } from '../cnb/index.ts';
import { TspackError } from '../foundation/index.ts';
import { formatImageReference, parseImageReference } from '../oci/index.ts';
import { accountHome } from './account-home.ts';
import { chooseRunImage } from './choose-run-image.ts';
import { readBuilderFiles } from './foreign-builder-files.ts';
import { addModules } from './modules/add-modules.ts';
import { requireOrder } from './resolve-builder.ts';
import type { BuilderRecord } from '../builder/index.ts';
import type { HostPath, SandboxPath } from '../executor/index.ts';
import type { ModulePorts } from './modules/open-module.ts';
import type { BuilderRequest, MountedModule, ResolvedBuilder } from './ports.ts';

const ROOT = '/' as HostPath;

/**
 * The builder whose image tspack itself runs in: everything is there, and processes see buildpacks where they are. Throws
 * `INLINE_BUILDER_OTHER` when another builder is asked for, and what run images and buildpacks of the user throw.
 */
export async function resolveOwnBuilder(record: BuilderRecord, request: BuilderRequest, ports: ModulePorts): Promise<ResolvedBuilder> {
  requireOwn(record, request.name);
  const { name, user, env } = record;
  const nothing = { metadata: { images: [] }, order: [], orderExtensions: [], buildpacks: {}, extensions: {} };
  const files = readBuilderFiles(ROOT, { env, ...nothing }, name);
  const runImage = await chooseRunImage(request, files.runImages, ports);
  const own: ResolvedBuilder = {
    name,
    root: ROOT,
    user: { ...user, home: accountHome(ROOT, user.uid) ?? '/', ...request.user },
    env,
    platformApi: SUPPORTED_APIS.platform.at(-1)!,
    ...files,
    buildpacks: [],
    extensions: [],
    mounts: [],
    runImage,
    facts: [{ kind: 'consumed', what: 'run-image', name: runImage.name, digest: runImage.image.imageId }],
  };
  const { buildpacks, extensions, ...rest } = requireOrder(await addModules(own, request, ports));
  return { ...rest, buildpacks: buildpacks.map(whereItIs), extensions: extensions.map(whereItIs) };
}

/** The image by its name, whatever its digest: a container does not know its own. Or the bundled builder in it. */
function requireOwn({ name, builder }: BuilderRecord, asked: string): void {
  if (asked === name || asked === builder) return;
  const { registry, repository, tag, digest } = parseImageReference(asked);
  const own = parseImageReference(name);
  if (registry === own.registry && repository === own.repository && (digest !== undefined || tag === own.tag)) return;
  throw new TspackError({
    code: 'INLINE_BUILDER_OTHER',
    message: `Cannot build with "${asked}": this container is "${formatImageReference(own)}", and buildpacks run in it`,
    nextStep: 'Run the step in the image of that builder, or leave --builder out',
  });
}

function whereItIs(module: MountedModule): MountedModule {
  return { ...module, sandboxPath: String(module.hostPath) as SandboxPath };
}
