import { GoStruct, formatGoJson } from '../../foundation/index.ts';
import { decodeJson, decodeJsonList, unlessEmpty } from '../fields.ts';
import { readLooseOrder, readOrderReference } from '../order.ts';
import type { LooseOrder, OrderReference } from '../order.ts';
import { LABELS } from './names.ts';

/**
 * Decodes `io.buildpacks.buildpack.order` or `.order-extensions`: a JSON list of groups, whose entries may name no version.
 * Throws `SPEC_FILE_INVALID`.
 */
export function parseOrderLabel(text: string, name: string): LooseOrder {
  return decodeJsonList(text, `label ${name}`, 'order', (fields) => readLooseOrder(fields, 'order'));
}

export function formatOrderLabel(order: LooseOrder): string {
  return formatGoJson(orderStructs(order));
}

/** system.toml of a label, whose entries may have no version. */
export interface LooseSystem {
  readonly pre: readonly OrderReference[];
  readonly post: readonly OrderReference[];
}

/** Decodes `io.buildpacks.buildpack.system`. Throws `SPEC_FILE_INVALID`. */
export function parseSystemLabel(text: string): LooseSystem {
  return decodeJson(text, `label ${LABELS.systemBuildpacks}`, (fields) => {
    const read = (key: string): readonly OrderReference[] => fields.table(key)?.tables('buildpacks').map(readOrderReference) ?? [];
    return { pre: read('pre'), post: read('post') };
  });
}

/** The label `io.buildpacks.buildpack.system`. */
export function formatSystemLabel(system: LooseSystem): string {
  const part = (elements: readonly OrderReference[]) => new GoStruct({ buildpacks: unlessEmpty(elements.map(referenceStruct)) });
  return formatGoJson(new GoStruct({ pre: part(system.pre), post: part(system.post) }));
}

/** Names without a version stay so: order.toml has the version that was found. */
export function orderStructs(order: LooseOrder): readonly GoStruct[] {
  return order.map(({ group }) => new GoStruct({ group: group.map(referenceStruct) }));
}

function referenceStruct({ id, version, optional, execEnv }: OrderReference): GoStruct {
  return new GoStruct({ id, version, 'exec-env': unlessEmpty(execEnv), optional: optional ? true : undefined });
}
