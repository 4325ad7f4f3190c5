import { formatGoJson, sortKeys } from './json.ts';
import type { ContainerConfig, HistoryEntry, ImageConfig } from './image.ts';

const ZERO_TIME = '0001-01-01T00:00:00Z';

/** Field order of the config object in the reference's image library; fields that we do not know follow in their own order. */
const CONFIG_ORDER = [
  'architecture', 'author', 'container', 'created', 'docker_version', 'history', 'os', 'rootfs', 'config',
  'os.version', 'variant', 'os.features',
];
const CONTAINER_ORDER = [
  'AttachStderr', 'AttachStdin', 'AttachStdout', 'Cmd', 'Healthcheck', 'Domainname', 'Entrypoint', 'Env', 'Hostname',
  'Image', 'Labels', 'OnBuild', 'OpenStdin', 'StdinOnce', 'Tty', 'User', 'Volumes', 'WorkingDir', 'ExposedPorts',
  'ArgsEscaped', 'NetworkDisabled', 'MacAddress', 'StopSignal', 'Shell',
];

/**
 * The config as bytes, field by field in the order of the reference lifecycle, so that equal images have equal
 * image IDs (CNB.md C151, DESIGN.md §7).
 */
export function formatConfig(config: ImageConfig): Uint8Array {
  const { history, rootfs } = config;
  const value = inOrder(CONFIG_ORDER, {
    ...config,
    created: config.created ?? ZERO_TIME,
    ...(history === undefined || history.length === 0 ? { history: undefined } : { history: history.map(orderHistory) }),
    rootfs: { type: rootfs.type, diff_ids: rootfs.diff_ids },
    config: orderContainer(config.config ?? {}),
  });
  return Buffer.from(formatGoJson(value));
}

function orderHistory(entry: HistoryEntry): object {
  const { author, created, created_by, comment, empty_layer } = entry;
  return {
    ...(author ? { author } : {}),
    created: created ?? ZERO_TIME,
    ...(created_by ? { created_by } : {}),
    ...(comment ? { comment } : {}),
    ...(empty_layer ? { empty_layer } : {}),
  };
}

function orderContainer(config: ContainerConfig): object {
  return inOrder(CONTAINER_ORDER, {
    ...config,
    ...(config.Labels === undefined ? {} : { Labels: sortKeys(config.Labels) }),
    ...(config.Volumes === undefined ? {} : { Volumes: sortKeys(config.Volumes) }),
    ...(config.ExposedPorts === undefined ? {} : { ExposedPorts: sortKeys(config.ExposedPorts) }),
  });
}

/** Known keys in their order, the others after them; empty values are left out, as Go's `omitempty` does. */
function inOrder(order: readonly string[], value: Readonly<Record<string, unknown>>): object {
  const keys = [...order.filter((key) => key in value), ...Object.keys(value).filter((key) => !order.includes(key))];
  return Object.fromEntries(keys.filter((key) => key === 'config' || !isEmpty(value[key])).map((key) => [key, value[key]]));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
