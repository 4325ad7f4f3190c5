import { fetchArchive, parseToml, type BuildContext } from '../../../../src/sdk/index.ts';
import { sourceInvalid } from '../errors.ts';
import type { RustSource } from './rust-source.ts';

const ADDRESS = 'https://static.rust-lang.org';
const TRIPLES: Readonly<Record<string, string>> = { amd64: 'x86_64-unknown-linux-gnu', arm64: 'aarch64-unknown-linux-gnu' };
const COMPONENTS = ['rustc', 'cargo', 'rust-std'] as const;

/** The archives of static.rust-lang.org, checked by the SHA-256 of each version's manifest (https://forge.rust-lang.org/infra/channel-layout.html). */
export function rustLang(context: BuildContext): RustSource {
  const triple = TRIPLES[context.target.architecture]!;
  return {
    name: 'static.rust-lang.org',
    async offered() {
      const list = await context.downloads.fetchText({ url: `${ADDRESS}/manifests.txt`, maximumBytes: 8_388_608 });
      return [...new Set([...list.matchAll(/\/channel-rust-(\d+\.\d+\.\d+)\.toml$/gm)].map(([, version]) => version!))];
    },
    async find(version) {
      const name = `channel-rust-${version}.toml`;
      const manifest = parseToml(await context.downloads.fetchText({ url: `${ADDRESS}/dist/${name}`, maximumBytes: 33_554_432 }), name);
      const archives = COMPONENTS.map((component) => ({ component, ...readArchive(manifest, name, component, triple) }));
      return {
        key: archives.map(({ hash }) => hash).join(' '),
        binDirectory: 'bin',
        libraryDirectories: ['lib'],
        async install(directory) {
          for (const { component, url, hash } of archives) {
            const digest = { algorithm: 'sha256', hex: hash } as const;
            const filter = (path: string) => /^(?:bin|lib|libexec)\//.test(path);
            await fetchArchive(context.downloads, { url, digest, label: `${component} ${version}`, directory, stripComponents: 2, filter });
          }
        },
      };
    },
  };
}

function readArchive(manifest: unknown, file: string, component: string, triple: string): { readonly url: string; readonly hash: string } {
  const at = (value: unknown, key: string) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined);
  const target = ['pkg', component, 'target', triple].reduce(at, manifest);
  const [url, hash] = [at(target, 'url'), at(target, 'hash')];
  if (typeof url !== 'string' || !url.startsWith(`${ADDRESS}/`) || typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash))
    throw sourceInvalid(file, `it names no archive of ${component} for ${triple}`);
  return { url, hash };
}
