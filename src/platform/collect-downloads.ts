import { plainLine } from '../foundation/index.ts';
import type { BuildSituation } from './build-situation.ts';

/** Keeps what the buildpacks of this build have downloaded for the next ones, and writes down what they fetched and decided. Only when none of them runs any more. */
export async function collectDownloads({ ports, record, task }: BuildSituation, inbox: string): Promise<void> {
  // A stopped build ends at once.
  if (task.signal.aborted) return;
  const { facts, decisions, refused } = await ports.downloads.collect(inbox);
  for (const { url, ...fact } of facts) record.add({ kind: 'consumed', what: 'download', name: url, ...fact });
  for (const { buildpack, ...decision } of decisions) record.add({ ...decision, ...splitReference(buildpack) });
  const [first] = refused;
  if (first === undefined) return;
  const others = refused.length === 1 ? '' : ` and ${refused.length - 1} more`;
  task.events({
    kind: 'message',
    level: 'warning',
    message: `A buildpack handed in "${plainLine(first, 100)}"${others} as a download; it is not kept, because its content is not what its name says`,
  });
}

/** `id/version`, where an id may have slashes. */
function splitReference(reference: string): { readonly buildpack: string; readonly version: string } {
  const slash = reference.lastIndexOf('/');
  return { buildpack: reference.slice(0, slash), version: reference.slice(slash + 1) };
}
