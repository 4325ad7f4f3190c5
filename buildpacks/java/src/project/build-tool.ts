import type { LayerInput } from '../../../../src/sdk/index.ts';
import type { BuildFacts } from '../runnable/lay-out.ts';
import type { Artifact, ArtifactSearch } from '../runnable/find-artifact.ts';
import type { InstalledJava } from '../runtime/install-java.ts';
import type { Repository } from '../sbom/repository.ts';

/** Maven or Gradle: what makes an artifact of sources. */
export interface BuildTool {
  readonly name: string;
  /** Puts the tool in place, and says which version. Called before all else. */
  install(): Promise<void>;
  /** Everything about the tool that the result depends on. Never a secret. */
  inputs(): readonly LayerInput[];
  /** Builds in the application directory. Throws the tool's errors. */
  build(jdk: InstalledJava): Promise<BuiltProject>;
  /** Keeps what speeds up the next build, when this one needs none. */
  keepCaches(): Promise<void>;
}

/** What a build left. */
export interface BuiltProject {
  readonly search: ArtifactSearch;
  /** Where the tool keeps what it fetched. */
  readonly repository: Repository;
  facts(artifact: Artifact): BuildFacts;
}
