import { createHash } from 'node:crypto';
import { writeTar } from '../../src/archive/index.ts';
import type { TarSourceEntry } from '../../src/archive/index.ts';
import { digestFromHex } from '../../src/foundation/index.ts';
import { createImage, createTarLayer } from '../../src/oci/index.ts';
import type { ContainerConfig, Image, ImagePlatform, Layer } from '../../src/oci/index.ts';

/** A file of a layer: its text, or where a link leads. Those in a `bin` are executable. */
export type LayerFile = string | { readonly link: string };

/** A layer with these files, and the folders they need. */
export async function fileLayer(files: Readonly<Record<string, LayerFile>>): Promise<Layer> {
  const folders = new Set<string>();
  for (const path of Object.keys(files)) {
    const parts = path.split('/').slice(0, -1);
    parts.forEach((_, index) => folders.add(parts.slice(0, index + 1).join('/')));
  }
  const entries: readonly TarSourceEntry[] = [
    ...[...folders].sort().map((path): TarSourceEntry => ({ path, type: 'directory', mode: 0o755 })),
    ...Object.entries(files).map(([path, file]): TarSourceEntry =>
      typeof file === 'string'
        ? { path, type: 'file', mode: /(?:^|\/)bin\/[^/]+$/.test(path) ? 0o755 : 0o644, content: Buffer.from(file) }
        : { path, type: 'symlink', linkTarget: file.link },
    ),
  ];
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar(entries)) chunks.push(chunk);
  const tar = Buffer.concat(chunks);
  return createTarLayer({
    diffId: digestFromHex(createHash('sha256').update(tar).digest('hex')),
    tarSizeBytes: tar.length,
    openTar: async function* () {
      yield await Promise.resolve(tar);
    },
  });
}

/** An image of such layers. */
export async function fileImage(
  layers: readonly Readonly<Record<string, LayerFile>>[],
  config: ContainerConfig = {},
  platform: ImagePlatform = { os: 'linux', architecture: 'amd64' },
): Promise<Image> {
  const made = await Promise.all(layers.map(fileLayer));
  const history = made.map((_, index) => ({ created: '1980-01-01T00:00:01Z', created_by: `layer ${index}` }));
  return createImage({ config: { ...platform, created: '1980-01-01T00:00:01Z', history, config }, layers: made });
}
