import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, type BuildContext } from '../../../src/sdk/index.ts';
import { readCertificates, type BoundCertificate } from './bound-certificate.ts';

/** Where the build image keeps the authorities that everybody trusts. */
const SYSTEM_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

/** By which variable each tool finds them; the launch tool sets the first five again. */
const VARIABLES = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO', 'PIP_CERT', 'CARGO_HTTP_CAINFO'];

export async function build(context: BuildContext): Promise<void> {
  context.log.section('Certificates');
  const certificates = readCertificates(context.bindings);
  for (const { binding, file, subject, validTo } of certificates) {
    context.log.line(`${subject}, from ${file} of the binding "${binding}"`);
    if (validTo < context.today)
      context.log.warning(
        `${file} of the binding "${binding}" was valid until ${validTo.toISOString().slice(0, 10)}`,
        'Bind a certificate that is still valid.',
      );
  }
  await trustInBuild(context, certificates);
  await embed(context, certificates);
}

/** A layer for later buildpacks alone. */
async function trustInBuild(context: BuildContext, certificates: readonly BoundCertificate[]): Promise<void> {
  const system = context.env['SSL_CERT_FILE'] || SYSTEM_BUNDLE;
  const bundle = [...(existsSync(system) ? [readFileSync(system, 'utf8')] : []), ...certificates.map(({ pem }) => pem)].join('\n');
  await context.layer({
    name: 'in-build',
    title: 'trust in the build',
    types: { build: true },
    inputs: [{ name: 'certificates', value: digestOf(bundle) }],
    create: (layer) => {
      const file = join(layer.path, 'ca-certificates.crt');
      writeFileSync(file, bundle);
      for (const name of VARIABLES) layer.setEnv('build', name, 'override', file);
      return {};
    },
  });
}

/** With `BP_EMBED_CERTS` the certificates are part of the image, which then trusts them wherever it runs. */
async function embed(context: BuildContext, certificates: readonly BoundCertificate[]): Promise<void> {
  if (!/^(?:1|true)$/i.test(context.env['BP_EMBED_CERTS'] ?? '')) {
    context.dropLayer('embedded');
    return;
  }
  const pem = certificates.map((certificate) => certificate.pem).join('\n');
  await context.layer({
    name: 'embedded',
    title: 'certificates of the image',
    types: { launch: true },
    inputs: [{ name: 'certificates', value: digestOf(pem) }],
    create: (layer) => {
      const folder = join(layer.path, 'certificates');
      mkdirSync(folder);
      writeFileSync(join(folder, 'embedded.pem'), pem);
      layer.setEnv('launch', 'TSPACK_CA_CERTIFICATES', 'override', folder);
      return {};
    },
  });
}
