import { TspackError } from '../../foundation/index.ts';
import { formatImageReference, parseImageReference } from '../../oci/index.ts';
import { isSameBase } from './check-rebase.ts';
import type { LifecycleMetadataLabel } from '../../cnb/index.ts';
import type { ImageReference } from '../../oci/index.ts';
import type { RebaseInputs } from './rebase-inputs.ts';

type RunImageNames = NonNullable<LifecycleMetadataLabel['stack']>['runImage'];

/** What the label is to say of the names of the new run image. */
export interface RebasedNames {
  readonly runImage: RunImageNames;
  readonly stack?: LifecycleMetadataLabel['stack'];
  readonly warnings: readonly string[];
}

/** The names that an app image can be rebased on: image first, then mirrors; of the stack where there are no others (C174). */
export function runImageNames({ runImage, stack }: Pick<LifecycleMetadataLabel, 'runImage' | 'stack'>): readonly string[] {
  const recorded = runImage.image === undefined || runImage.image === '' ? stack?.runImage : runImage;
  return [recorded?.image, ...(recorded?.mirrors ?? [])].filter((name): name is string => name !== undefined && name !== '');
}

/**
 * Whether the run image may take the place of the recorded one (C172). Beyond the specification, another tag or digest
 * of a recorded repository may when both images say that they are the same base: that is how newer versions are named.
 * Throws `REBASE_RUN_IMAGE_REFUSED`.
 */
export function checkRunImageName({ name: app, app: image, runImage, force }: RebaseInputs, metadata: LifecycleMetadataLabel): RebasedNames {
  const kept: RebasedNames = { runImage: namesOf(metadata.runImage), warnings: [] };
  const recorded = recordedNames(metadata);
  const given = runImage.name === undefined ? undefined : parseImageReference(runImage.name);
  if (given !== undefined && recorded.some((name) => isSameName(name, given))) return kept;

  const isNewer = given !== undefined && recorded.some((name) => isSameRepository(name, given)) && isSameBase(image, runImage.image);
  if (!isNewer && !force) throw refused(app, runImage.name, recorded);
  const warnings = isNewer
    ? []
    : [
        `run image ${runImage.name === undefined ? 'without a name' : `"${runImage.name}"`} is not one that "${app}" names: ${recorded.join(', ') || 'it names none'}`,
      ];
  // A name that cannot move, or none at all, is no place to look for the next version.
  if (runImage.name === undefined || (isNewer && given?.digest !== undefined)) return { ...kept, warnings };
  return { runImage: { image: runImage.name }, stack: { runImage: { image: runImage.name } }, warnings };
}

/** All names of the label: those of the stack count too, as in the reference. */
function recordedNames({ runImage, stack }: LifecycleMetadataLabel): readonly string[] {
  const names = [runImage, stack?.runImage ?? {}].flatMap(({ image, mirrors }) => [image ?? '', ...(mirrors ?? [])]);
  return [...new Set(names)].filter((name) => name !== '');
}

function refused(app: string, name: string | undefined, recorded: readonly string[]): TspackError {
  const known = recorded.length === 0 ? 'it names none' : `it names ${recorded.join(', ')}`;
  return new TspackError({
    code: 'REBASE_RUN_IMAGE_REFUSED',
    message: name === undefined ? `Cannot rebase "${app}" on an image without a name: ${known}` : `Cannot rebase "${app}" on "${name}": ${known}`,
    nextStep: 'Name one of these run images or another version of the same base, or use --force when you know that it works',
  });
}

function namesOf({ image, mirrors }: RunImageNames): RunImageNames {
  return { ...(image === undefined ? {} : { image }), ...(mirrors === undefined ? {} : { mirrors }) };
}

function isSameName(name: string, given: ImageReference): boolean {
  const reference = tryParse(name);
  return reference !== undefined && formatImageReference(reference) === formatImageReference(given);
}

function isSameRepository(name: string, given: ImageReference): boolean {
  const reference = tryParse(name);
  return reference !== undefined && reference.registry === given.registry && reference.repository === given.repository;
}

/** A label may hold anything. */
function tryParse(name: string): ImageReference | undefined {
  try {
    return parseImageReference(name);
  } catch {
    return undefined;
  }
}
