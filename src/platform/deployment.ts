import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError } from '../foundation/index.ts';
import { formatImageReference, parseImageReference, withDigest } from '../oci/index.ts';
import type { Descriptor, ImageReference } from '../oci/index.ts';

export interface DeploymentOptions {
  /** What builds run on in the cluster. */
  readonly system: 'tekton' | 'shipwright';
  /** The builder image with tspack in it, as `tspack builder publish` names it. */
  readonly builder: string;
  /** Objects of one namespace alone: a BuildStrategy in the place of a ClusterBuildStrategy. */
  readonly namespaced: boolean;
  readonly insecureRegistries: readonly string[];
}

export interface DeploymentPorts {
  /** The folder `deploy/` of tspack. */
  readonly directory: string;
  readonly registry: () => Promise<{ readonly resolve: (reference: ImageReference) => Promise<Descriptor | undefined> }>;
}

/** The builder in the manifests as they lie in `deploy/`. */
const SOME_BUILDER = 'registry.example.com/tspack:builder-base';

/**
 * The manifests that install tspack in a cluster, as one text of YAML documents. The builder stands there with its digest, so
 * that all builds use the same one. Throws `IMAGE_REFERENCE_INVALID`, `IMAGE_NOT_FOUND`, and what the registry throws.
 */
export async function describeDeployment({ system, builder, namespaced }: DeploymentOptions, { directory, registry }: DeploymentPorts): Promise<string> {
  const reference = formatImageReference(await withItsDigest(parseImageReference(builder), registry));
  const folder = join(directory, system);
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');
  const text = files
    .toSorted()
    .map((name) => `---\n${readFileSync(join(folder, name), 'utf8')}`)
    .join('')
    .replaceAll(SOME_BUILDER, reference);
  return namespaced ? text.replaceAll('kind: ClusterBuildStrategy', 'kind: BuildStrategy') : text;
}

async function withItsDigest(reference: ImageReference, registry: DeploymentPorts['registry']): Promise<ImageReference> {
  if (reference.digest !== undefined) return reference;
  const descriptor = await (await registry()).resolve(reference);
  if (descriptor !== undefined) return withDigest(reference, descriptor.digest);
  throw new TspackError({
    code: 'IMAGE_NOT_FOUND',
    message: `Cannot find the builder "${formatImageReference(reference)}" in its registry`,
    nextStep: `Push it there with "tspack builder publish base ${reference.registry}/${reference.repository}"`,
  });
}
