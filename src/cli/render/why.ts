import type { InputChange, LayerDownload, LayerExplanation } from '../../index.ts';
import { formatAgo } from './ago.ts';
import { count, formatBytes, formatTable, truncate } from './measure.ts';
import { visible } from './untrusted.ts';

/** A layer's explanation for people. */
export function describeLayer(explanation: LayerExplanation, now: Date): string {
  const { buildpack, change, inputs, diffId, origin } = explanation;
  const row = (label: string, value: string | undefined): readonly (readonly [string, string])[] => (value === undefined ? [] : [[`${label}:`, value]]);
  const rows = [
    ...row('Layer', visible(explanation.layer)),
    ...row('Image', `${visible(explanation.image)} (${explanation.imageId})`),
    ...row('Buildpack', buildpack && visible(`${buildpack.id} ${buildpack.version}`)),
    ...row('Build', `${formatAgo(explanation.built, now)}: ${decisionOf(explanation)}`),
    ...row('Because', visible(explanation.reason)),
    ...row('Change', change && describeChange(change)),
    ...row('Size', explanation.sizeBytes === undefined ? 'not in the image' : formatBytes(explanation.sizeBytes)),
    ...row('Digest', diffId),
    ...row('Made', describeOrigin(explanation, now)),
    ...Object.entries(inputs).map(([name, value], index): readonly [string, string] => [
      index === 0 ? 'Made from:' : '',
      `${visible(name)} ${shortened(value)}`,
    ]),
  ];
  return [formatTable(rows), origin === undefined ? '' : describeDownloads(origin.downloads)].filter((text) => text !== '').join('\n\n');
}

function decisionOf({ decision, diffId }: LayerExplanation): string {
  if (decision === 'cached') return diffId === undefined ? 'kept in the cache' : 'taken from the cache, and new in the image';
  return { made: 'made anew', reused: 'the same as in the last image' }[decision];
}

function describeChange({ input, from, to }: InputChange): string {
  return `${visible(input)}: ${from === undefined ? 'nothing' : shortened(from)} -> ${to === undefined ? 'nothing' : shortened(to)}`;
}

/** When it was made, if this was not the build. */
function describeOrigin({ origin, built, imageId }: LayerExplanation, now: Date): string | undefined {
  if (origin === undefined) return 'by a build that left no record here';
  if (origin.imageId === imageId && origin.built === built) return undefined;
  return `${formatAgo(origin.built, now)} for ${visible(origin.image)}, because ${visible(origin.reason)}`;
}

function describeDownloads(downloads: readonly LayerDownload[]): string {
  if (downloads.length === 0) return '';
  const bytes = downloads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const rows = downloads.map(({ url, sizeBytes, from }) => [formatBytes(sizeBytes), from === 'store' ? 'had already' : 'downloaded', visible(url)]);
  return `Made of ${count(downloads.length, 'download')}, ${formatBytes(bytes)}:\n${formatTable(rows, '  ')}`;
}

/** Digests are long, and nobody reads them whole here. */
function shortened(value: string): string {
  return truncate(visible(value), /^(?:sha256|sha512):/.test(value) ? 20 : 60);
}
