import { TspackError } from '../../../src/sdk/index.ts';
import { splitWords } from './split-words.ts';

/** Variables for the annotations that the OCI image specification names (annotations.md#pre-defined-annotation-keys). */
const OCI_LABELS: Readonly<Record<string, string>> = {
  BP_OCI_AUTHORS: 'authors',
  BP_OCI_CREATED: 'created',
  BP_OCI_DESCRIPTION: 'description',
  BP_OCI_DOCUMENTATION: 'documentation',
  BP_OCI_LICENSES: 'licenses',
  BP_OCI_REF_NAME: 'ref.name',
  BP_OCI_REVISION: 'revision',
  BP_OCI_SOURCE: 'source',
  BP_OCI_TITLE: 'title',
  BP_OCI_URL: 'url',
  BP_OCI_VENDOR: 'vendor',
  BP_OCI_VERSION: 'version',
};

/** The labels that the variables ask for, in key order; `BP_IMAGE_LABELS` wins over `BP_OCI_<NAME>`. Throws `IMAGE_LABEL_INVALID`. */
export function readLabels(env: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  for (const name of Object.keys(env).filter((each) => each.startsWith('BP_OCI_'))) {
    const key = OCI_LABELS[name];
    if (key === undefined) throw invalid(name, 'there is no such label', `Use one of ${Object.keys(OCI_LABELS).join(', ')}, or BP_IMAGE_LABELS.`);
    if (env[name] !== '') labels.set(`org.opencontainers.image.${key}`, env[name]!);
  }
  const words = splitWords(env['BP_IMAGE_LABELS'] ?? '');
  if (words === undefined) throw invalid('BP_IMAGE_LABELS', 'a quote is not closed', 'Close it, or write a backslash before it.');
  for (const word of words) {
    const at = word.indexOf('=');
    if (at <= 0) throw invalid('BP_IMAGE_LABELS', `"${word}" is not key=value`, 'Write labels such as team=web "contact=Jo Smith", separated by spaces.');
    const key = word.slice(0, at);
    if (key.startsWith('io.buildpacks.')) throw invalid('BP_IMAGE_LABELS', `"${key}" belongs to the lifecycle`, 'Give the label another name.');
    labels.set(key, word.slice(at + 1));
  }
  return new Map([...labels].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function invalid(name: string, problem: string, nextStep: string): TspackError {
  return new TspackError({ code: 'IMAGE_LABEL_INVALID', message: `Cannot use ${name}: ${problem}`, nextStep });
}
