import type { Task } from '../api.ts';
import type { BundledBuilderPorts } from '../resolve-bundled-builder.ts';
import type { ModulePorts } from '../modules/open-module.ts';
import type { PublishingRegistry, RegistryImages } from '../ports.ts';
import type { ImagePlatform, ImageStore } from '../../oci/index.ts';

/** The adapters of the verbs that make images; `compose` makes them. */
export interface MakingPorts {
  readonly bundled: BundledBuilderPorts;
  readonly modules: ModulePorts;
  readonly registry: (insecureRegistries: readonly string[], task: Task) => Promise<PublishingRegistry & RegistryImages>;
  /** Throws `DAEMON_UNREACHABLE`. */
  readonly daemon: (task: Task) => Promise<{ readonly name: string; readonly images: ImageStore }>;
  /** The bundled programs of tspack's lifecycle, and the launcher for a platform. */
  readonly lifecycle: { readonly programs: string; readonly launcher: (platform: ImagePlatform) => string };
  /** Folder of this package. */
  readonly program: string;
  readonly hostPlatform: ImagePlatform;
  readonly version: string;
}
