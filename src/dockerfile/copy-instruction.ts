import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { findAccount } from './accounts.ts';
import { downloadSource, isRemote, isRepository, unpackSource } from './add-sources.ts';
import { parseChmod } from './chmod.ts';
import { findSources, planCopy } from './copy-plan.ts';
import { DockerfileError } from './dockerfile-error.ts';
import { expandText } from './expand.ts';
import { hasGlob } from './glob.ts';
import { workingDirectory } from './run-instruction.ts';
import { openSourceTree } from './source-tree.ts';
import { openStageTree } from './stage-tree.ts';
import { expand } from './variables.ts';
import type { LayerTarEntry } from '../archive/index.ts';
import type { CopySource } from './copy-plan.ts';
import type { Lookup } from './expand.ts';
import type { CopyInstruction } from './instruction.ts';
import type { DockerfilePorts, StageImage } from './ports.ts';
import type { SourceTree } from './source-tree.ts';

export interface CopyInputs {
  readonly instruction: CopyInstruction;
  readonly image: StageImage;
  readonly lookup: Lookup;
  readonly escape: string;
  /** The build context; opened when it is first needed. */
  readonly context: () => SourceTree;
  /** The image of `--from`. */
  readonly from: StageImage | undefined;
  readonly signal?: AbortSignal;
}

/** The entries of the layer that a COPY or ADD makes. Throws `DOCKERFILE_COPY_FAILED`, `DOCKERFILE_UNSUPPORTED`. */
export async function copyEntries(inputs: CopyInputs, ports: DockerfilePorts): Promise<readonly LayerTarEntry[]> {
  const { instruction, image, lookup, escape } = inputs;
  if (instruction.parents) throw new DockerfileError(instruction, { code: 'DOCKERFILE_UNSUPPORTED', problem: 'COPY --parents is not supported' });
  const value = (word: string) => expand(word, lookup, escape, instruction);
  const chmod = instruction.chmod === undefined ? undefined : parseChmod(value(instruction.chmod));
  if (instruction.chmod !== undefined && chmod === undefined) {
    throw new DockerfileError(instruction, { problem: `--chmod is "${value(instruction.chmod)}", want octal digits or changes such as u+x` });
  }
  return planCopy(
    {
      keyword: instruction.keyword,
      sources: [...(await listSources(inputs, value, ports)), ...heredocSources(inputs, ports)],
      destination: value(instruction.destination),
      workingDirectory: workingDirectory(image),
      owner: instruction.chown === undefined ? { uid: 0, gid: 0 } : ownerOf(instruction, value(instruction.chown), image),
      hasOwner: instruction.chown !== undefined,
      ...(chmod === undefined ? {} : { chmod }),
      exclude: instruction.exclude.map(value),
    },
    image.index,
    instruction,
  );
}

async function listSources(inputs: CopyInputs, value: (word: string) => string, ports: DockerfilePorts): Promise<readonly CopySource[]> {
  const { instruction, from, signal } = inputs;
  const patterns = instruction.sources.map(value);
  if (instruction.keyword === 'COPY') {
    if (patterns.length === 0) return [];
    const tree = from === undefined ? inputs.context() : await stageTree(instruction, from, patterns, ports, signal);
    const pattern = (text: string) => (from === undefined ? text : resolvedInStage(from, text));
    return patterns.flatMap((text) => findSources(tree, pattern(text), from !== undefined, 'COPY', instruction));
  }
  const found: CopySource[] = [];
  for (const pattern of patterns) {
    if (isRepository(pattern)) {
      throw new DockerfileError(instruction, {
        code: 'DOCKERFILE_UNSUPPORTED',
        problem: `ADD of a git repository is not supported: "${pattern}"`,
        nextStep: 'Clone it into the build context, or with RUN git clone',
      });
    }
    const remote = isRemote(pattern);
    const checksum = instruction.checksum === undefined ? undefined : value(instruction.checksum);
    if (!remote && checksum !== undefined) throw new DockerfileError(instruction, { problem: '--checksum is for sources that are downloaded' });
    const sources = remote
      ? [
          await downloadSource(pattern, {
            checksum,
            download: ports.download,
            workDirectory: ports.workDirectory,
            place: instruction,
            ...(signal === undefined ? {} : { signal }),
          }),
        ]
      : findSources(inputs.context(), pattern, false, 'ADD', instruction);
    for (const source of sources) found.push((instruction.unpack ?? !remote) ? await unpackSource(source, ports.workDirectory, instruction, signal) : source);
  }
  return found;
}

/** A link in the image is followed there, where its target is known. */
function resolvedInStage(from: StageImage, pattern: string): string {
  return hasGlob(pattern) ? pattern : from.index.resolve(pattern).path;
}

async function stageTree(
  instruction: CopyInstruction,
  from: StageImage,
  patterns: readonly string[],
  ports: DockerfilePorts,
  signal: AbortSignal | undefined,
): Promise<SourceTree> {
  if (from.tars === undefined)
    throw new DockerfileError(instruction, { code: 'DOCKERFILE_UNSUPPORTED', problem: `the layers of "${instruction.from!}" are not kept here` });
  const literalStart = (pattern: string) => pattern.split('/').slice(0, pattern.split('/').findIndex(hasGlob)).join('/');
  const prefixes = patterns.map((pattern) => (hasGlob(pattern) ? literalStart(pattern) : from.index.resolve(pattern).path));
  return await openStageTree(from.tars, prefixes, ports.workDirectory, signal);
}

function heredocSources({ instruction, lookup, escape }: CopyInputs, ports: DockerfilePorts): readonly CopySource[] {
  if (instruction.heredocs.length === 0) return [];
  const directory = mkdtempSync(join(ports.workDirectory, 'heredocs-'));
  const owners = new Map<string, { readonly uid: number; readonly gid: number; readonly mode: number }>();
  return instruction.heredocs.map(({ name, content, expand: isExpanded }, index) => {
    const file = String(index);
    writeFileSync(join(directory, file), isExpanded ? expandText(content, lookup, escape) : content);
    owners.set(file, { uid: 0, gid: 0, mode: 0o644 });
    const tree = openSourceTree(directory, undefined, owners);
    return { tree, entry: tree.find(file)!, name: posix.basename(name), keepsOwners: false };
  });
}

/** A number without a group stands for both (Dockerfile reference, "COPY --chown"). */
function ownerOf(instruction: CopyInstruction, chown: string, image: StageImage): { readonly uid: number; readonly gid: number } {
  if (/^\d+$/u.test(chown)) return { uid: Number(chown), gid: Number(chown) };
  const account = findAccount(image.index, chown);
  if (account !== undefined) return { uid: account.uid, gid: account.gid };
  throw new DockerfileError(instruction, {
    code: 'DOCKERFILE_COPY_FAILED',
    problem: `--chown is "${chown}", and the image has no such user or group`,
    nextStep: 'Use numbers, or make the account with a RUN before',
  });
}

/** A digest of what a COPY puts into the image: names, kinds, modes, owners and bytes. */
export async function digestEntries(entries: readonly LayerTarEntry[], signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (const { path, type, mode, uid, gid, linkTarget, source, content } of entries) {
    signal?.throwIfAborted();
    const bytes = typeof path === 'string' ? Buffer.from(path) : path;
    hash.update(
      JSON.stringify([
        Buffer.from(bytes).toString('latin1'),
        type,
        mode,
        uid,
        gid,
        linkTarget === undefined ? '' : Buffer.from(linkTarget as Uint8Array).toString('latin1'),
      ]),
    );
    if (content !== undefined) hash.update(content);
    if (source !== undefined) hash.update(await digestFile(source));
  }
  return hash.digest('hex');
}

async function digestFile(source: string | Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  const path = typeof source === 'string' ? source : Buffer.from(source);
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Uint8Array>) hash.update(chunk);
  return hash.digest('hex');
}
