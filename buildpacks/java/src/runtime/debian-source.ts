import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildContext } from '../../../../src/sdk/index.ts';
import type { FoundJava, JavaSource } from './found-java.ts';

/** Suites whose locks the buildpack has, the one that counts first. */
const SUITES = ['trixie', 'bookworm'] as const;

interface Offer {
  readonly version: string;
  readonly found: FoundJava;
}

/** Debian's OpenJDK, as the locks of the buildpack have it. Nothing is asked of a network. */
export function debianSource(context: BuildContext): JavaSource {
  const offers = () => SUITES.flatMap((suite) => readOffers(context, suite));
  return {
    name: 'debian',
    offered: () => Promise.resolve(offers().map(({ version }) => version)),
    find: (version) => Promise.resolve(offers().find((offer) => offer.version === version)!.found),
  };
}

function readOffers(context: BuildContext, suite: string): readonly Offer[] {
  const file = join(context.buildpackDirectory, 'packages', `${suite}.${context.target.architecture}.json`);
  if (!existsSync(file)) return [];
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as { readonly packages: readonly { readonly name: string; readonly version: string }[] };
  return packages.flatMap(({ name, version }) => {
    const feature = /^openjdk-(\d+)-jre-headless$/.exec(name)?.[1];
    if (feature === undefined) return [];
    return [
      {
        version: upstreamVersion(version),
        found: { kind: 'packages', suite, jdk: `openjdk-${feature}-jdk`, jre: `openjdk-${feature}-jre`, runtimePackage: { name, version } },
      },
    ];
  });
}

/** `21.0.9` of `21.0.9+10-1~deb13u1`. */
function upstreamVersion(version: string): string {
  return /^(?:\d+:)?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? version;
}
