import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface BuildpackFiles {
  readonly toml?: string;
  /** Text of bin/detect and bin/build; null leaves it out. */
  readonly detect?: string | null;
  readonly build?: string | null;
  /** Mode of bin/detect and bin/build. */
  readonly mode?: number;
}

/** A buildpack `tests/one@1.0.0` in a folder, as `--buildpack` takes it: it detects always and builds nothing unless told. */
export function writeBuildpack(directory: string, { toml, detect, build, mode = 0o755 }: BuildpackFiles = {}): string {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, 'bin'), { recursive: true });
  writeFileSync(join(directory, 'buildpack.toml'), toml ?? 'api = "0.12"\n[buildpack]\nid = "tests/one"\nversion = "1.0.0"\n[[targets]]\nos = "linux"\n');
  for (const [name, text] of [
    ['detect', detect],
    ['build', build],
  ] as const) {
    if (text !== null) writeFileSync(join(directory, 'bin', name), text ?? '#!/bin/sh\n', { mode });
  }
  return directory;
}
