import type { EventSink } from '../foundation/index.ts';
import type { BuildFact } from './build-fact.ts';
import type { BuildEvent } from './events.ts';

/**
 * The one append-only account of a build: everything consumed, decided and produced. Progress, reports, SBOM and
 * provenance are readers of it (DESIGN.md §2).
 */
export interface BuildRecord {
  readonly facts: readonly BuildFact[];
}

export interface BuildRecorder extends BuildRecord {
  add(fact: BuildFact): void;
}

/** A record that tells `events` what no other event does: what was consumed, and the verdicts and decisions of buildpacks. */
export function createBuildRecord(events: EventSink<BuildEvent> = () => undefined): BuildRecorder {
  const facts: BuildFact[] = [];
  return {
    facts,
    add(fact) {
      facts.push(fact);
      if (fact.kind === 'consumed' || fact.kind === 'verdict' || fact.kind === 'choice' || fact.kind === 'decision') events(fact);
    },
  };
}
