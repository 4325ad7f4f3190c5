import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { TspackError, writeFileAtomic } from '../foundation/index.ts';
import { formatFamiliarReference, formatImageReference, tektonResults, withDigest } from '../oci/index.ts';
import type { Digest } from '../foundation/index.ts';
import type { ImageReference } from '../oci/index.ts';
import type { BuildResult, ResultFiles } from './api.ts';
import type { BuildSettings } from './build-settings.ts';

/** Whether some of the files say the digest of the manifest, so that there has to be one. */
export function wantsDigest({ digest, imageNameWithDigest, metadata, tektonResults, summary }: ResultFiles): boolean {
  return [digest, imageNameWithDigest, metadata, tektonResults, summary].some((path) => path !== undefined);
}

/** Writes what CI systems read after a build, in the forms of kaniko, buildah, buildx, Tekton and GitHub. */
export function writeResultFiles(files: ResultFiles, { names }: BuildSettings, result: Omit<BuildResult, 'record'>): void {
  const { imageId, manifestDigest = imageId } = result;
  const write = (path: string | undefined, text: string) => {
    if (path !== undefined) writeResult(path, text);
  };
  const digestReferences = names.map((name) => formatImageReference(withDigest(name, manifestDigest)));
  write(files.digest, manifestDigest);
  write(files.imageNameWithDigest, digestReferences.map((reference) => `${reference}\n`).join(''));
  write(files.imageId, imageId);
  write(files.metadata, `${JSON.stringify(buildxMetadata(result, manifestDigest, names.map(formatImageReference)), undefined, 2)}\n`);
  if (files.tektonResults !== undefined) writeTektonResults(files.tektonResults, names, manifestDigest);
  const { summary } = files;
  // A job has one summary, to which each of its steps adds.
  if (summary !== undefined) writeResult(summary, formatSummary(result, names.map(formatFamiliarReference)), appendFileSync);
}

/** A file for each result of a Tekton Task. Throws `OUTPUT_UNUSABLE`. */
export function writeTektonResults(directory: string, names: readonly ImageReference[], digest: Digest): void {
  for (const [result, value] of Object.entries(tektonResults(names, digest))) writeResult(join(directory, result), value);
}

function buildxMetadata({ imageId }: Pick<BuildResult, 'imageId'>, manifestDigest: string, names: readonly string[]) {
  return { 'containerimage.config.digest': imageId, 'containerimage.digest': manifestDigest, 'image.name': names.join(',') };
}

/** Markdown. Names of images and layers have no character that means something there but `|` and backticks, which none has. */
function formatSummary({ imageId, manifestDigest, sizeBytes, layers, milliseconds }: Omit<BuildResult, 'record'>, names: readonly string[]): string {
  const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;
  const facts = [
    ['Image', names.map((name) => `\`${name}\``).join(', ')],
    ['Digest', `\`${manifestDigest ?? imageId}\``],
    ['Size', megabytes(sizeBytes)],
    ['Time', `${(milliseconds / 1000).toFixed(1)} s`],
  ];
  const rows = layers.map(({ name, sizeBytes: bytes, reused }) => `| \`${name}\` | ${megabytes(bytes)} | ${reused ? 'reused' : 'new'} |`);
  return [
    `### tspack build ${names[0] ?? ''}`,
    '',
    '| | |',
    '| --- | --- |',
    ...facts.map(([title, value]) => `| ${title} | ${value} |`),
    '',
    '| Layer | Size | |',
    '| --- | ---: | --- |',
    ...rows,
    '',
    '',
  ].join('\n');
}

function writeResult(path: string, text: string, write: (path: string, text: string) => void = writeFileAtomic): void {
  try {
    write(path, text);
  } catch (error) {
    throw new TspackError({
      code: 'OUTPUT_UNUSABLE',
      message: `Cannot write to ${path}: ${(error as Error).message}`,
      nextStep: 'Name a file that can be written to',
      cause: error,
    });
  }
}
