import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileGlobs, fetchArchive, TspackError, type BuildContext, type RuntimeSource } from '../../../../src/sdk/index.ts';
import { minorOf } from '../python-version.ts';
import { NOT_FOR_RUNNING, type PythonInstaller } from './python-installer.ts';

const RELEASES = 'https://github.com/astral-sh/python-build-standalone/releases';
const TRIPLES: Readonly<Record<string, string>> = { amd64: 'x86_64-unknown-linux-gnu', arm64: 'aarch64-unknown-linux-gnu' };

const WANTED = /^usr\/(?:bin\/python(?:3(?:\.\d+)?)?$|lib\/)/;

/** Besides what no source installs: pip, and the libraries of Tk. */
const LEFT_OUT = compileGlobs([
  ...NOT_FOR_RUNNING,
  'usr/lib/pkgconfig/**',
  'usr/lib/python3*/site-packages/**',
  ...['tcl', 'tk', 'itcl', 'thread'].flatMap((name) => [`usr/lib/lib${name}*`, `usr/lib/${name}*/**`]),
])!;

interface Archive {
  readonly name: string;
  /** Of the release that it belongs to: `20260203`. */
  readonly tag: string;
  readonly sha256: string;
}

/**
 * The archives of the newest release of python-build-standalone, checked by the SHA-256 of its SHA256SUMS, which also tells what there is. It
 * has the newest patch of every line of Python that lives (https://docs.astral.sh/python-build-standalone/distributions/).
 */
export function buildStandaloneSource(context: BuildContext): RuntimeSource<PythonInstaller> {
  let list: Promise<ReadonlyMap<string, Archive>> | undefined;
  const archives = () => (list ??= fetchArchives(context));
  return {
    name: 'python-build-standalone',
    offered: async () => [...(await archives()).keys()],
    async find(version) {
      const archive = (await archives()).get(version)!;
      return {
        key: archive.sha256,
        libraryDirectories: [], // its programs find their libraries by themselves
        warning: undefined,
        async install(directory) {
          await unpack(context, archive, directory, (path) => WANTED.test(`usr/${path}`) && !LEFT_OUT.test(`usr/${path}`));
          nameCompilers(directory, version);
          return [];
        },
        installHeaders: (directory) => unpack(context, archive, directory, (path) => path.startsWith('include/')),
      };
    },
  };
}

async function unpack(context: BuildContext, { name, tag, sha256 }: Archive, directory: string, filter: (path: string) => boolean): Promise<void> {
  const url = `${RELEASES}/download/${tag}/${encodeURIComponent(name)}`;
  const digest = { algorithm: 'sha256', hex: sha256 } as const;
  await fetchArchive(context.downloads, { url, digest, label: name, directory: join(directory, 'usr'), stripComponents: 1, filter });
}

/** Final versions for the target. An archive without symbols of debuggers comes before the one with them. */
async function fetchArchives(context: BuildContext): Promise<ReadonlyMap<string, Archive>> {
  const sums = await context.downloads.fetchText({ url: `${RELEASES}/latest/download/SHA256SUMS`, maximumBytes: 8_388_608 });
  const lines = [...sums.matchAll(/^([0-9a-f]{64}) [ *](cpython-(\d+\.\d+\.\d+)\+(\d{8})-(\S+)-install_only(_stripped)?\.tar\.gz)$/gm)];
  if (lines.length === 0) throw listInvalid();
  const archives = new Map<string, Archive>();
  for (const [, sha256, name, version, tag, triple, stripped] of lines) {
    if (triple !== TRIPLES[context.target.architecture]) continue;
    if (stripped !== undefined || !archives.has(version!)) archives.set(version!, { name: name!, tag: tag!, sha256: sha256! });
  }
  return archives;
}

/** The archives were made by clang in a folder of their own; packages that are compiled meet the compiler of the build image, and this folder. */
function nameCompilers(directory: string, version: string): void {
  const library = join(directory, 'usr/lib', `python${minorOf(version)}`);
  for (const name of readdirSync(library).filter((entry) => /^_sysconfigdata_.*\.py$/.test(entry))) {
    const file = join(library, name);
    const text = readFileSync(file, 'utf8')
      .replaceAll(/(?<![\w./-])\/?(?:[\w.+-]+\/)*clang(\+\+)?(?=['"\s])/g, (_, plus: string | undefined) => (plus === undefined ? 'cc' : 'c++'))
      .replaceAll(/(?<![\w./-])\/?(?:[\w.+-]+\/)*llvm-(ar|ranlib|nm|strip)(?=['"\s])/g, '$1')
      .replaceAll(/(?<![\w./-])\/install(?=['"\s/])/g, join(directory, 'usr'));
    writeFileSync(file, text);
  }
}

function listInvalid(): TspackError {
  return new TspackError({
    code: 'PYTHON_SOURCE_ANSWER_INVALID',
    message: 'Cannot use the SHA256SUMS of python-build-standalone: it names no archive',
    nextStep: 'Check the mirror that stands for github.com, or leave python-build-standalone out of TSPACK_PYTHON_SOURCES.',
  });
}
