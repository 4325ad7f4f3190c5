import { plainLine } from '../foundation/index.ts';
import { splitReference } from './split-reference.ts';
import type { BuildSituation } from './build-situation.ts';

/** Keeps what the buildpacks of this build have downloaded for the next ones, and writes down what they fetched and decided. Only when none of them runs any more. */
export async function collectDownloads({ ports, record, task }: BuildSituation, inbox: string): Promise<void> {
  // A stopped build ends at once.
  if (task.signal.aborted) return;
  const { facts, told, refused } = await ports.downloads.collect(inbox);
  for (const { url, ...fact } of facts) record.add({ kind: 'consumed', what: 'download', name: url, ...fact });
  for (const fact of told) {
    const { id, version } = splitReference(fact.buildpack);
    if (fact.kind === 'decision') record.add({ ...fact, buildpack: id, version });
    if (fact.kind === 'choice') record.add({ kind: 'choice', buildpack: id, version, name: fact.name, chosen: fact.version, reason: fact.reason });
  }
  const [first] = refused;
  if (first === undefined) return;
  const others = refused.length === 1 ? '' : ` and ${refused.length - 1} more`;
  task.events({
    kind: 'message',
    level: 'warning',
    message: `A buildpack handed in "${plainLine(first, 100)}"${others} as a download; it is not kept, because its content is not what its name says`,
  });
}
