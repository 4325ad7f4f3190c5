import type { ImageTarget } from '../../cnb/index.ts';
import type { Image } from '../../oci/index.ts';

/** Target data of an image: its config's platform and its `io.buildpacks.base.*` labels (platform.md#target-data, CNB.md C027). */
export function imageTarget(image: Image): ImageTarget {
  const { os, architecture, variant, config } = image.config;
  const labels = config?.Labels ?? {};
  const name = labels['io.buildpacks.base.distro.name'];
  const version = labels['io.buildpacks.base.distro.version'];
  const id = labels['io.buildpacks.base.id'];
  if (name === undefined && labels['io.buildpacks.stack.id'] === 'io.buildpacks.stacks.bionic') {
    return { os: 'linux', arch: 'amd64', distro: { name: 'ubuntu', version: '18.04' } };
  }
  return {
    os,
    arch: architecture,
    ...(variant === undefined || variant === '' ? {} : { archVariant: variant }),
    ...(id === undefined ? {} : { id }),
    ...(name === undefined && version === undefined ? {} : { distro: { name: name ?? '', version: version ?? '' } }),
  };
}
