import { TspackError } from '../foundation/index.ts';
import type { RegistryRepository } from './repository.ts';

/** What reading an image needs of a repository. */
export type ReadableRepository = Pick<RegistryRepository, 'fetchManifest' | 'resolveManifest' | 'openBlob' | 'has'>;

/** A repository in the place of another. */
export interface MirrorRepository extends ReadableRepository {
  /** Whether it has failed before: it is not asked again then. */
  isOut(): boolean;
  /** It cannot be read, for another reason than not having what was asked for. */
  fail(error: Error): void;
}

/**
 * The same repository, read from its mirrors where they have it. A mirror can do no harm: what it does not have, and all
 * when it fails, comes from the repository itself.
 */
export function createMirroredRepository(origin: ReadableRepository, mirrors: readonly MirrorRepository[]): ReadableRepository {
  /** The first answer that is one. */
  async function ask<Answer>(question: (repository: ReadableRepository) => Promise<Answer | undefined>): Promise<Answer | undefined> {
    for (const mirror of mirrors) {
      if (mirror.isOut()) continue;
      try {
        const answer = await question(mirror);
        if (answer !== undefined) return answer;
      } catch (error) {
        noteFailure(mirror, error);
      }
    }
    return await question(origin);
  }

  return {
    fetchManifest: (reference) => ask((repository) => repository.fetchManifest(reference)),
    resolveManifest: (reference) => ask((repository) => repository.resolveManifest(reference)),
    has: async (descriptor) => (await ask(async (repository) => (await repository.has(descriptor)) || undefined)) ?? false,
    async *openBlob(descriptor) {
      let given = 0;
      for (const mirror of mirrors) {
        if (mirror.isOut()) continue;
        try {
          for await (const chunk of dropFirst(mirror.openBlob(descriptor), given)) {
            given += chunk.length;
            yield chunk;
          }
          return;
        } catch (error) {
          noteFailure(mirror, error);
        }
      }
      // A blob is the same wherever it lies: its reader checks that of the whole.
      yield* dropFirst(origin.openBlob(descriptor), given);
    },
  };
}

/** Throws what is no answer of a registry, such as the end of the whole task. */
function noteFailure(mirror: MirrorRepository, error: unknown): void {
  if (!(error instanceof TspackError)) throw error;
  if (error.code !== 'BLOB_NOT_FOUND') mirror.fail(error as Error);
}

async function* dropFirst(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
