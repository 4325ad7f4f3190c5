import { decodeToml } from './fields.ts';
import type { Fields } from './fields.ts';

/** A build argument for the Dockerfiles of an extension. */
export interface ExtendArgument {
  readonly name: string;
  readonly value: string;
}

/** extend-config.toml (`image_extension.md#extend-configtoml-toml`). */
export interface ExtendConfig {
  readonly build: readonly ExtendArgument[];
  readonly run: readonly ExtendArgument[];
}

/** Decodes extend-config.toml. Throws `TOML_INVALID` or `SPEC_FILE_INVALID`. */
export function parseExtendConfig(text: string, file: string): ExtendConfig {
  return decodeToml(text, file, (fields) => ({ build: readArguments(fields.table('build')), run: readArguments(fields.table('run')) }));
}

function readArguments(fields: Fields | undefined): readonly ExtendArgument[] {
  return (fields?.tables('args') ?? []).map((argument) => ({ name: argument.requiredString('name'), value: argument.string('value') ?? '' }));
}
