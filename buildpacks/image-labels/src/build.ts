import type { BuildContext } from '../../../src/sdk/index.ts';
import { readLabels } from './labels.ts';

export function build(context: BuildContext): void {
  context.log.section('Labels');
  for (const [key, value] of readLabels(context.env)) {
    context.log.line(`${key}: ${value}`);
    context.addLabel({ key, value });
  }
}
