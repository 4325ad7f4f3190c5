import { TspackError } from '../../index.ts';
import type { Tspack } from '../../index.ts';

/** The error, naming the bundled builders where it is about a builder that nobody has chosen. */
export function explainBuilderMissing(error: unknown, library: Tspack): unknown {
  if (!(error instanceof TspackError) || error.code !== 'BUILDER_MISSING') return error;
  const names = library.builders().map(({ name }) => `--builder ${name}`);
  return new TspackError({
    code: 'BUILDER_MISSING',
    message: error.message,
    nextStep: `Add ${names.join(' or ')}; "tspack builder suggest" describes them`,
  });
}
