import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatBuildToml, formatLaunchToml, formatStoreToml, parseStoreToml } from '../cnb/index.ts';
import type { BuildpackPlan, Label, LayerTypes, ProcessDefinition, SpecTable } from '../cnb/index.ts';
import { SBOM_FORMATS, type SbomDocument, type SbomFormat } from '../sbom/index.ts';
import { formatBuildpackFact } from '../foundation/index.ts';
import { openRecord } from './build-record.ts';
import type { CommandRunner } from './command.ts';
import { fillingLayer } from './current-layer.ts';
import type { BuildpackContext } from './detect-context.ts';
import type { Downloads } from './downloads.ts';
import { clearLayer, openLayerDirectory, readPreviousLayer, writeLayerToml, type LayerDirectory } from './layer-directory.ts';
import { decideLayer, type LayerInput } from './layer-decision.ts';

/** A layer that a buildpack wants. */
export interface LayerRequest<Data extends SpecTable> {
  readonly name: string;
  /** For log lines: `node_modules`. The name by default. */
  readonly title?: string;
  readonly types: Partial<LayerTypes>;
  /** Everything that the layer's content depends on. */
  readonly inputs: readonly LayerInput[];
  /** With `keep`, a layer whose inputs changed is handed to `create` with its old files. `recreate` by default: it is empty. */
  readonly onChange?: 'recreate' | 'keep';
  /** Fills the layer; what it returns is kept in the layer's metadata and handed out again when the layer is reused. Never put secrets there. */
  readonly create: (layer: LayerDirectory, reason: string) => Promise<Data> | Data;
}

/** What became of a {@link LayerRequest}. */
export interface LayerOutcome<Data extends SpecTable> {
  readonly status: 'reused' | 'created';
  /** Why: `package-lock.json changed`. */
  readonly reason: string;
  readonly layer: LayerDirectory;
  readonly data: Data;
  /** Declares other types than asked for, once the buildpack knows better. */
  setTypes(types: Partial<LayerTypes>): void;
}

/** A process of the application (`buildpack.md#launchtoml-toml`, Buildpack API 0.9 and later: run directly, without a shell). */
export interface ApplicationProcess {
  readonly type: string;
  readonly command: readonly string[];
  /** Arguments that a user may replace. */
  readonly args?: readonly string[];
  readonly default?: boolean;
  readonly workingDirectory?: string;
}

/** What build is given, and what it hands back. */
export interface BuildContext extends BuildpackContext {
  readonly layersDirectory: string;
  readonly plan: BuildpackPlan;
  readonly run: CommandRunner;
  readonly downloads: Downloads;
  /** Formats that buildpack.toml declares. */
  readonly sbomFormats: readonly SbomFormat[];
  /** Seconds since 1970 that the user wants to be the build's time (`SOURCE_DATE_EPOCH`), else today: for choices that depend on the date, never for files. */
  readonly today: Date;
  /** Says in the log, and to whoever runs the build, which version was chosen and by which rule: `Node.js 24.11.1: ...`. */
  choose(choice: { readonly name: string; readonly version: string; readonly reason: string }): void;
  /** Reuses the layer of the last build when its inputs are the same, else makes it; says which and why in the log. */
  layer<Data extends SpecTable>(request: LayerRequest<Data>): Promise<LayerOutcome<Data>>;
  /** Removes what is left of a layer that is no longer wanted. */
  dropLayer(name: string): void;
  addProcess(process: ApplicationProcess): void;
  addLabel(label: Label): void;
  /** Makes the files that the globs match a layer of their own (`buildpack.md#slice-layers`). */
  addSlice(paths: readonly string[]): void;
  /** Leaves a plan entry to a later buildpack. */
  leaveUnmet(name: string): void;
  /** Writes what is in the application directory, in each declared format. */
  writeLaunchSbom(document: SbomDocument): Promise<void>;
  /** What {@link setStore} kept in the last build. */
  readonly store: SpecTable;
  setStore(metadata: SpecTable): void;
}

/** What {@link createBuildContext} adds to. */
export interface BuildContextInputs {
  readonly common: BuildpackContext;
  readonly layersDirectory: string;
  readonly plan: BuildpackPlan;
  readonly run: CommandRunner;
  readonly downloads: Downloads;
  readonly sbomFormats: readonly SbomFormat[];
}

/** A build context, and the function that writes launch.toml, build.toml and store.toml once the build is done. */
export function createBuildContext(inputs: BuildContextInputs): { readonly context: BuildContext; readonly finish: () => void } {
  const { common, layersDirectory, log } = { ...inputs, log: inputs.common.log };
  const processes: ProcessDefinition[] = [];
  const labels: Label[] = [];
  const slices: { paths: readonly string[] }[] = [];
  const unmet: string[] = [];
  const storeFile = join(layersDirectory, 'store.toml');
  let newStore: SpecTable | undefined;
  const append = openRecord(common.env);
  const reference = `${common.buildpack.id}/${common.buildpack.version}`;

  const context: BuildContext = {
    ...common,
    layersDirectory,
    plan: inputs.plan,
    run: inputs.run,
    downloads: inputs.downloads,
    sbomFormats: inputs.sbomFormats,
    today: readDate(common.env['SOURCE_DATE_EPOCH']) ?? common.clock.now(),
    choose({ name, version, reason }) {
      log.line(`${name} ${version}: ${reason}`);
      append(formatBuildpackFact({ kind: 'choice', buildpack: reference, name, version, reason }));
    },
    async layer(request) {
      const layer = openLayerDirectory(layersDirectory, request.name);
      const types: LayerTypes = { launch: false, build: false, cache: false, ...request.types };
      const title = request.title ?? request.name;
      const previous = readPreviousLayer(layer);
      const decision = decideLayer(request.inputs, previous, types.cache || types.build);
      const recordedInputs = Object.fromEntries(request.inputs.map(({ name, value }) => [name, value]));
      const tell = (decided: 'reused' | 'made') => {
        const change = 'change' in decision ? { change: decision.change } : {};
        const { reason } = decision;
        append(
          formatBuildpackFact({
            kind: 'decision',
            buildpack: reference,
            layer: request.name,
            decision: decided,
            reason,
            ...change,
            inputs: recordedInputs,
          }),
        );
      };
      const outcome = (status: 'reused' | 'created', data: never) => ({
        status,
        reason: decision.reason,
        layer,
        data,
        setTypes: (other: Partial<LayerTypes>) =>
          writeLayerToml(layer, { launch: false, build: false, cache: false, ...other }, { inputs: recordedInputs, data }),
      });
      if (decision.keep) {
        // A layer without inputs is a mere place, about which there is nothing to say.
        if (request.inputs.length > 0) log.line(`Reusing ${title}: ${decision.reason}`);
        const data = (previous?.metadata?.['data'] ?? {}) as never;
        writeLayerToml(layer, types, { inputs: recordedInputs, data });
        tell('reused');
        return outcome('reused', data);
      }
      tell('made');
      if (previous !== undefined) log.line(`Rebuilding ${title}: ${decision.reason}`);
      if (request.onChange !== 'keep') clearLayer(layer);
      mkdirSync(layer.path, { recursive: true });
      const data = await fillingLayer(request.name, () => request.create(layer, decision.reason));
      writeLayerToml(layer, types, { inputs: recordedInputs, data });
      return outcome('created', data as never);
    },
    dropLayer(name) {
      clearLayer(openLayerDirectory(layersDirectory, name));
    },
    addProcess({ type, command, args, default: isDefault = false, workingDirectory }) {
      processes.push({
        type,
        command,
        direct: true,
        default: isDefault,
        ...(args === undefined ? {} : { args }),
        ...(workingDirectory === undefined ? {} : { workingDirectory }),
      });
    },
    addLabel: (label) => void labels.push(label),
    addSlice: (paths) => void slices.push({ paths }),
    leaveUnmet: (name) => void unmet.push(name),
    async writeLaunchSbom(document) {
      const { encodeSbom } = await import('../sbom/index.ts');
      for (const format of inputs.sbomFormats) {
        writeFileSync(join(layersDirectory, `launch.sbom.${SBOM_FORMATS[format].fileExtension}`), encodeSbom(format, document));
      }
    },
    store: existsSync(storeFile) ? (parseStoreToml(readFileSync(storeFile, 'utf8'), storeFile).metadata ?? {}) : {},
    setStore(metadata) {
      newStore = metadata;
    },
  };

  return {
    context,
    finish() {
      writeFileSync(join(layersDirectory, 'launch.toml'), formatLaunchToml({ processes, labels, slices }));
      if (unmet.length > 0) writeFileSync(join(layersDirectory, 'build.toml'), formatBuildToml({ unmet: [...new Set(unmet)] }));
      if (newStore !== undefined) writeFileSync(storeFile, formatStoreToml({ metadata: newStore }));
    },
  };
}

function readDate(epochSeconds: string | undefined): Date | undefined {
  return epochSeconds !== undefined && /^\d{1,12}$/.test(epochSeconds) ? new Date(Number(epochSeconds) * 1000) : undefined;
}
