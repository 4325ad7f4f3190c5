import type { Tspack } from '../index.ts';

/** The library, wired for this process. Loaded when a command needs it: help and usage errors do without. */
export async function openLibrary(environment: Readonly<Record<string, string | undefined>>, workingDirectory: string): Promise<Tspack> {
  const { composePlatform } = await import('../index.ts');
  return composePlatform({ environment, workingDirectory });
}
