import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { digestFromHex } from '../../src/foundation/index.ts';
import { appendLayers, createTarLayer, openLayoutStore, parseImageReference } from '../../src/oci/index.ts';
import type { Image, Layer, LayerCompressor } from '../../src/oci/index.ts';
import { openLocalStore } from '../../src/store/index.ts';
import { fileImage } from './file-image.ts';
import { builderImage } from './foreign-builder-fixture.ts';

/** The shell and `mkdir` of this machine with what they load, as a layer; nothing else runs in a tiny builder. */
function shellLayer(): Layer {
  const programs = ['/bin/bash', '/bin/sh', '/bin/mkdir'];
  const libraries = programs.flatMap((program) => execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+(?= \(0x)/g) ?? []);
  const paths = [...new Set([...programs, ...libraries])].map((path) => path.slice(1));
  const reproducible = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  const tar = execFileSync('tar', ['--create', '--dereference', ...reproducible, '--directory', '/', ...paths], { maxBuffer: 1 << 27 });
  return createTarLayer({
    diffId: digestFromHex(createHash('sha256').update(tar).digest('hex')),
    tarSizeBytes: tar.length,
    openTar: async function* () {
      yield await Promise.resolve(tar);
    },
  });
}

/** What {@link builderImage} takes. */
export type TinyBuilderOptions = NonNullable<Parameters<typeof builderImage>[0]>;

export interface TinyBuilders {
  /** Writes a builder; returns what `--builder` takes. Its buildpack acme/one detects always and builds nothing. */
  readonly builder: (options?: TinyBuilderOptions) => Promise<string>;
  /** The same, as a value. */
  readonly image: (options?: TinyBuilderOptions) => Promise<Image>;
  readonly compressor: LayerCompressor;
  /** What `--run-image` takes. */
  readonly runImage: string;
}

/** Builders of a few megabytes in OCI layouts below a folder, and a run image for them. */
export async function makeTinyBuilders(directory: string): Promise<TinyBuilders> {
  const { compressor } = openLocalStore({ directory: join(directory, 'store'), lockDirectory: join(directory, 'locks') });
  const shell = shellLayer();
  let made = 0;
  async function write(image: Image, name: string): Promise<string> {
    await openLayoutStore({ directory: join(directory, name), compressor }).write(image, [parseImageReference('tests/tiny:1')]);
    return `oci:${join(directory, name)}`;
  }
  const image = async (options: TinyBuilderOptions = {}): Promise<Image> =>
    appendLayers(await builderImage(options), [{ layer: shell, history: { created: '1980-01-01T00:00:01Z', created_by: 'shell' } }]);
  return {
    image,
    compressor,
    builder: async (options) => write(await image(options), `builder-${(made += 1)}`),
    runImage: await write(await fileImage([{ 'etc/run': 'run' }]), 'run'),
  };
}
