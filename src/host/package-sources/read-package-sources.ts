import { registerSecret } from '../../foundation/index.ts';
import { cargoSources } from './cargo.ts';
import { goSources } from './go.ts';
import { mavenSources } from './maven.ts';
import { pipSources } from './pip.ts';
import { openToolSettings } from './tool-settings.ts';

/** Where this machine's tools get packages from, as far as somebody has set it. */
export interface PackageSources {
  /** Variables for buildpacks; no value holds a user name or password. */
  readonly env: Readonly<Record<string, string>>;
  /** What could not be taken over, one sentence each. */
  readonly warnings: readonly string[];
}

/** tspack's own, which a machine may set for every build: the mirror map, the orders of runtime sources, working offline. */
const OWN = /^TSPACK_(?:MIRROR|MIRROR_.+|OFFLINE|[A-Z0-9]+_SOURCES)$/u;

/**
 * Reads what variables and settings files say of pip, Go, Maven and Cargo, and tspack's own variables. Each tool's
 * default counts where nothing is set. The files are read here instead of asking the tools, which need not be
 * installed. `others` are settings found otherwise.
 */
export function readPackageSources(environment: Readonly<Record<string, string | undefined>>, others: Readonly<Record<string, string>> = {}): PackageSources {
  const settings = openToolSettings(environment);
  const own = Object.fromEntries(Object.entries(settings.env).filter(([name]) => OWN.test(name)));
  const cargo = cargoSources(settings);
  const found = { ...others, ...own, ...pipSources(settings), ...goSources(settings), ...mavenSources(settings), ...cargo.env };
  const cut = Object.entries(found).map(([name, value]) => ({ name, value, address: withoutCredentials(value) }));
  const withheld = cut.filter(({ value, address }) => value !== address).map(({ name }) => name);
  return {
    env: Object.fromEntries(cut.map(({ name, address }) => [name, address])),
    warnings: [...cargo.warnings, ...withheld.map((name) => `Builds get ${name} without its user name and password: give those to the buildpack as a binding`)],
  };
}

/** Without the user information of each URL in it, whose password no message shows from then on. */
function withoutCredentials(text: string): string {
  return text.replaceAll(/(https?:\/\/)([^\s/@,|]+)@/giu, (_, scheme: string, user: string) => {
    registerSecret(user.slice(user.indexOf(':') + 1));
    return scheme;
  });
}
