import { GoStruct, formatGoJson } from '../foundation/index.ts';
import type { GoValue } from '../foundation/index.ts';
import type { ContainerConfig, HistoryEntry, ImageConfig } from './image.ts';

const ZERO_TIME = '0001-01-01T00:00:00Z';

/** Field order of the config object in the reference's image library; fields that we do not know follow in their own order. */
const CONFIG_ORDER = [
  'architecture',
  'author',
  'container',
  'created',
  'docker_version',
  'history',
  'os',
  'rootfs',
  'config',
  'os.version',
  'variant',
  'os.features',
];
const CONTAINER_ORDER = [
  'AttachStderr',
  'AttachStdin',
  'AttachStdout',
  'Cmd',
  'Healthcheck',
  'Domainname',
  'Entrypoint',
  'Env',
  'Hostname',
  'Image',
  'Labels',
  'OnBuild',
  'OpenStdin',
  'StdinOnce',
  'Tty',
  'User',
  'Volumes',
  'WorkingDir',
  'ExposedPorts',
  'ArgsEscaped',
  'NetworkDisabled',
  'MacAddress',
  'StopSignal',
  'Shell',
];
/** Written even when empty, as packages of buildpacks for any architecture have it. */
const ALWAYS = ['architecture', 'os'];
/** Members of the container config that are maps; what else is an object has an order of its own. */
const CONTAINER_MAPS = ['Labels', 'Volumes', 'ExposedPorts'];

/**
 * The config as bytes, field by field in the order of the reference lifecycle, so that equal images have equal
 * image IDs (CNB.md C151, DESIGN.md §7).
 */
export function formatConfig(config: ImageConfig): Uint8Array {
  const { created, history, rootfs, config: container, ...others } = config;
  const value = inOrder(CONFIG_ORDER, {
    ...mapMembers(others, asGiven),
    created: created ?? ZERO_TIME,
    history: (history ?? []).map(historyStruct),
    rootfs: new GoStruct({ type: rootfs.type, diff_ids: rootfs.diff_ids }),
    config: containerStruct(container ?? {}),
  });
  return Buffer.from(formatGoJson(value));
}

function historyStruct({ author, created, created_by, comment, empty_layer }: HistoryEntry): GoStruct {
  return inOrder(['author', 'created', 'created_by', 'comment', 'empty_layer'], { author, created: created ?? ZERO_TIME, created_by, comment, empty_layer });
}

function containerStruct(config: ContainerConfig): GoStruct {
  return inOrder(
    CONTAINER_ORDER,
    mapMembers(config, (member, name) => (CONTAINER_MAPS.includes(name) ? (member as GoValue) : asGiven(member))),
  );
}

/** Known keys in their order, the others after them; empty values are left out, as Go's `omitempty` does. */
function inOrder(order: readonly string[], members: Readonly<Record<string, GoValue | undefined>>): GoStruct {
  const keys = [...order.filter((key) => key in members), ...Object.keys(members).filter((key) => !order.includes(key))];
  return new GoStruct(Object.fromEntries(keys.filter((key) => ALWAYS.includes(key) || !isEmpty(members[key])).map((key) => [key, members[key]])));
}

/** Objects keep the order of their members; GoStructs would be sorted as plain objects. */
function asGiven(value: unknown): GoValue {
  if (Array.isArray(value)) return value.map(asGiven);
  if (typeof value === 'object' && value !== null) return new GoStruct(mapMembers(value, asGiven));
  return (value ?? null) as GoValue;
}

function mapMembers(object: object, map: (member: unknown, name: string) => GoValue): Record<string, GoValue> {
  return Object.fromEntries(Object.entries(object).map(([name, member]) => [name, map(member, name)]));
}

/** A struct is never empty to Go, whatever its members are. */
function isEmpty(value: GoValue | undefined): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && !(value instanceof GoStruct) && Object.keys(value).length === 0;
}
