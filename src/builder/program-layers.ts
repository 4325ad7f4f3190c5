import { join } from 'node:path';
import type { LayerTarEntry, LayerTarPart } from '../archive/index.ts';
import { directoryEntry, fileEntry, folderEntries } from './folder-entries.ts';

/** Where tspack lies in a builder image that it published. */
const PROGRAM = '/cnb/tspack/program';
const NODE = '/cnb/tspack/node/bin/node';
/** In such an image: which one it is. */
export const BUILDER_RECORD = '/cnb/tspack/builder.json';

/** What a builder image says about itself to the tspack in it. */
export interface BuilderRecord {
  /** Its name in the registry, without a digest. */
  readonly name: string;
  /** The bundled builder that it was made of. */
  readonly builder: string;
  readonly user: { readonly uid: number; readonly gid: number };
  /** The variables of its config: a container has more. */
  readonly env: Readonly<Record<string, string>>;
  /** What starts npm in it. */
  readonly npm: readonly string[];
}

/** Of this package what the command needs. Bundled buildpacks are elsewhere in the image. */
const FOLDERS = ['builders', 'dist/chunks', 'dist/lifecycle', 'dist/workers', 'launcher/bin'];
const FILES = ['dist/cli.js', 'dist/index.js', 'package.json'];

/**
 * The layers that put tspack itself into a builder image which has a Node at /cnb/tspack/node: the program, and the record.
 *
 * @param directory of this package
 */
export function programLayers(
  directory: string,
  record: Omit<BuilderRecord, 'npm'>,
): readonly { readonly name: string; readonly parts: readonly LayerTarPart[] }[] {
  const at = (path: string) => `${PROGRAM}/${path}`;
  const whole: BuilderRecord = { ...record, npm: [NODE, '/cnb/tspack/npm/bin/npm-cli.js'] };
  // Without its "--" Node takes our --env-file for an option of its own.
  const command = fileEntry('/usr/local/bin/tspack', `#!/bin/sh\nexec ${NODE} -- ${at('dist/cli.js')} "$@"\n`);
  const program: readonly LayerTarEntry[] = [
    ...[PROGRAM, at('dist'), at('launcher')].map((path) => directoryEntry(path)),
    ...FOLDERS.flatMap((path) => folderEntries(join(directory, path), at(path))),
    ...FILES.map((path): LayerTarEntry => ({ path: at(path), type: 'file', mode: 0o644, uid: 0, gid: 0, source: join(directory, path) })),
    { ...command, mode: 0o755 },
  ];
  return [
    { name: 'tspack', parts: [{ kind: 'entries', entries: program }] },
    { name: 'builder record', parts: [{ kind: 'entries', entries: [fileEntry(BUILDER_RECORD, `${JSON.stringify(whole, undefined, 2)}\n`)] }] },
  ];
}
