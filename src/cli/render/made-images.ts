import type { MadeImage, MakingResult } from '../../index.ts';
import { visible } from './untrusted.ts';

/** The result on standard output: the name with the digest of what the name now means, one line for each image otherwise. */
export function madeReferences(result: MakingResult): string {
  if (result.indexDigest !== undefined) return `${withoutTag(result.name)}@${result.indexDigest}\n`;
  return result.images.map((image) => `${reference(result, image)}\n`).join('');
}

function reference(result: MakingResult, { places, manifestDigest, imageId, platform }: MadeImage): string {
  const several = result.images.length > 1 ? ` ${platform}` : '';
  const file = places.find((place) => place.startsWith('/'));
  if (file !== undefined) return visible(file);
  return manifestDigest === undefined ? `${result.name} ${imageId}${several}` : `${withoutTag(result.name)}@${manifestDigest}${several}`;
}

/** What was made, for people. */
export function madeSummary(action: string, { name, images }: MakingResult): string {
  const places = [...new Set(images.flatMap((image) => image.places))].map(visible).join(', ');
  const platforms = images.map(({ platform }) => platform).join(', ');
  return `\nSuccessfully ${action} ${visible(name)} for ${platforms}, saved to ${places}`;
}

function withoutTag(name: string): string {
  return name.replace(/:[^/:@]+$/, '');
}
